import type { TabChannel, TabHost, TabLocks } from '../../src/tabs/index.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { FakePlatform } from '../support/fake-platform.ts'

interface LockRequest {
  tab: FakeTab
  name: string
  callback: () => Promise<void> | undefined
  resolve(): void
  reject(reason: unknown): void
}

/** One browser: its locks and its channels are the same for all of its tabs. */
export class FakeBrowser {
  readonly clock: FakeClock
  readonly tabs: FakeTab[] = []
  readonly channels: Set<FakeChannel> = new Set()
  readonly held: Map<string, LockRequest> = new Map()
  waiting: LockRequest[] = []
  /** What a request for a lock is answered with, where the browser refuses them. */
  refusal: Error | null = null
  /** By how much the clock that its tabs see was set, since they were opened. */
  shiftMs = 0

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  openTab(): FakeTab {
    const tab = new FakeTab(this)
    this.tabs.push(tab)
    return tab
  }

  /** Tab that holds the lock of that name; without a name, any. */
  leader(name: string = [...this.held.keys()][0] ?? ''): FakeTab | undefined {
    return this.held.get(name)?.tab
  }

  grant(name: string): void {
    const next = this.waiting.find((request) => request.name === name)
    if (next === undefined || this.held.has(name)) return
    this.waiting = this.waiting.filter((request) => request !== next)
    this.held.set(name, next)
    queueMicrotask(() =>
      next.tab.run(async () => {
        await next.callback()
        this.release(next)
        next.resolve()
      }),
    )
  }

  release(request: LockRequest): void {
    if (this.held.get(request.name) !== request) return
    this.held.delete(request.name)
    this.grant(request.name)
  }

  steal(name: string): void {
    const victim = this.held.get(name)
    this.held.delete(name)
    victim?.tab.run(() => victim.reject(new DOMException('Stolen', 'AbortError')))
  }
}

class FakeChannel implements TabChannel {
  readonly tab: FakeTab
  readonly name: string
  #listener: ((event: { data: unknown }) => void) | null = null

  constructor(tab: FakeTab, name: string) {
    this.tab = tab
    this.name = name
    if (!tab.closed) tab.browser.channels.add(this)
  }

  postMessage(message: unknown): void {
    if (this.tab.closed) return
    if (!this.tab.browser.channels.has(this)) throw new DOMException('Closed', 'InvalidStateError')
    const data = structuredClone(message)
    for (const other of this.tab.browser.channels) {
      if (other === this || other.name !== this.name) continue
      queueMicrotask(() =>
        other.tab.run(() => {
          if (other.tab.browser.channels.has(other)) other.#listener?.({ data })
        }),
      )
    }
  }

  addEventListener(_: 'message', listener: (event: { data: unknown }) => void): void {
    this.#listener = listener
  }

  close(): void {
    this.tab.browser.channels.delete(this)
  }
}

/** One tab; frozen, nothing runs in it until it is thawed, and then all that was due. */
export class FakeTab {
  readonly browser: FakeBrowser
  readonly platform: FakePlatform = new FakePlatform()
  readonly host: TabHost
  frozen = false
  closed = false
  timers = 0
  /** From a request to its answer; the server answers half of it before. */
  latencyMs = 20
  #backlog: (() => void)[] = []

  constructor(browser: FakeBrowser) {
    this.browser = browser
    const locks: TabLocks = {
      request: (name, options, callback) =>
        new Promise<void>((resolve, reject) => {
          const { refusal } = browser
          // A promise that was settled before it was closed goes on for a moment, and finds nothing there.
          if (this.closed) return
          if (refusal !== null) return reject(refusal)
          const request: LockRequest = { tab: this, name, callback, resolve, reject }
          if ('steal' in options) {
            browser.steal(name)
            browser.waiting.unshift(request)
          } else {
            browser.waiting.push(request)
            options.signal.addEventListener('abort', () => {
              if (!browser.waiting.includes(request)) return
              browser.waiting = browser.waiting.filter((other) => other !== request)
              reject(options.signal.reason)
            })
          }
          browser.grant(name)
        }),
    }
    this.host = { locks, openChannel: (name) => new FakeChannel(this, name) }
  }

  readonly clock: { now(): number; schedule(callback: () => void, ms: number): () => void } = {
    now: () => this.browser.clock.now() + this.browser.shiftMs,
    schedule: (callback, ms) => {
      let pending = true
      this.timers++
      const end = (): void => {
        if (pending) this.timers--
        pending = false
      }
      const cancel = this.browser.clock.schedule(
        () =>
          this.run(() => {
            if (!pending) return
            end()
            callback()
          }),
        ms,
      )
      return () => {
        end()
        cancel()
      }
    },
  }

  /** Runs what is due in this tab: now, when it is thawed, or never if it is closed. */
  run(work: () => void): void {
    if (this.closed) return
    if (this.frozen) this.#backlog.push(work)
    else work()
  }

  show(): void {
    if (this.platform.visible) return
    this.platform.visible = true
    this.run(() => this.platform.wake())
  }

  hide(): void {
    this.platform.visible = false
  }

  freeze(): void {
    this.frozen = true
  }

  thaw(): void {
    this.frozen = false
    for (const work of this.#backlog.splice(0)) work()
  }

  /** As when the user closes it, or the browser discards it: no code of the page runs any more. */
  close(): void {
    this.closed = true
    for (const channel of this.browser.channels) if (channel.tab === this) channel.close()
    this.browser.waiting = this.browser.waiting.filter(({ tab }) => tab !== this)
    for (const request of [...this.browser.held.values()])
      if (request.tab === this) this.browser.release(request)
  }
}
