/** What a page has taken of its host, and not given back. */
interface ResourcesInUse {
  timers: number
  /** Of the window and the document. */
  listeners: number
  channels: number
  /** Held or waited for. */
  locks: number
}

declare global {
  var resourcesInUse: () => Promise<ResourcesInUse>
}

/** Runs in a page, before its own scripts: has it count what its scripts take from then on. */
export function countResources(): void {
  const timers = new Set<unknown>()
  const { setTimeout: set, clearTimeout: clear } = globalThis
  globalThis.setTimeout = ((callback: () => void, ms?: number) => {
    const timer: unknown = set(() => {
      timers.delete(timer)
      callback()
    }, ms)
    timers.add(timer)
    return timer
  }) as typeof setTimeout
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer)
    clear(timer)
  }

  let listeners = 0
  for (const target of [globalThis, document] as EventTarget[]) {
    const add = target.addEventListener.bind(target)
    const remove = target.removeEventListener.bind(target)
    target.addEventListener = (...of: Parameters<EventTarget['addEventListener']>) => {
      listeners++
      add(...of)
    }
    target.removeEventListener = (...of: Parameters<EventTarget['removeEventListener']>) => {
      listeners--
      remove(...of)
    }
  }

  let channels = 0
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name)
      channels++
    }

    override close(): void {
      channels--
      super.close()
    }
  }

  globalThis.resourcesInUse = async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    return { timers: timers.size, listeners, channels, locks: held.length + pending.length }
  }
}
