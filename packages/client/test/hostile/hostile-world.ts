import type { TaskEvent } from '@outlast/core/protocol'
import { expect, type TestContext } from 'vitest'
import { type HostileProxy, openHostileProxy } from '../../../../test/support/hostile/hostile-proxy.ts'
import { openTaskServer, type TaskServer } from '../../../../test/support/hostile/task-server.ts'
import { type Clock, systemClock } from '../../src/platform/index.ts'
import { TaskClient, type TaskClientOptions } from '../../src/task-client.ts'
import type { TaskObserver, TaskSnapshot } from '../../src/task-observer.ts'
import { FakePlatform } from '../support/fake-platform.ts'
import { textOf } from '../support/make-world.ts'

/** A client that reaches a real server through a hostile proxy, on the host's clock. */
export interface HostileWorld {
  server: TaskServer
  proxy: HostileProxy
  platform: FakePlatform
  clock: CountingClock
  client: TaskClient
}

/** What is left to do when a test is over. */
export type Finally = TestContext['onTestFinished']

/** The host's clock, with waits of five seconds and more fifty times shorter: patience, but not the pauses. */
class CountingClock implements Clock {
  /** Timers that have neither fired nor been canceled. */
  pending = 0

  now(): number {
    return systemClock.now()
  }

  schedule(callback: () => void, ms: number): () => void {
    this.pending++
    let isPending = true
    const settle = (): void => {
      if (isPending) this.pending--
      isPending = false
    }
    const cancel = systemClock.schedule(
      () => {
        settle()
        callback()
      },
      ms >= 5_000 ? ms / 50 : ms,
    )
    return () => {
      settle()
      cancel()
    }
  }
}

/** Opens one; it is closed when the test is over. Random is small, so that backoffs start with some 50 ms. */
export async function openHostileWorld(
  onTestFinished: Finally,
  options: TaskClientOptions = {},
): Promise<HostileWorld> {
  const server = await openTaskServer()
  const proxy = await openHostileProxy(server.port)
  onTestFinished(async () => {
    await proxy.close()
    await server.close()
  })
  const platform = new FakePlatform()
  const clock = new CountingClock()
  const baseUrl = `${proxy.url}/api/tasks`
  const client = new TaskClient({ baseUrl, platform, clock, random: () => 0.05, ...options })
  return { server, proxy, platform, clock, client }
}

/** Somebody who watches a task and objects to whatever no screen may ever show. */
export interface Watcher {
  readonly observer: TaskObserver
  /** Resolves with the first snapshot, from now on, that is as wished. */
  until(wished: (snapshot: TaskSnapshot) => boolean): Promise<TaskSnapshot>
  /** Resolves when all text is as given. */
  untilText(text: string): Promise<TaskSnapshot>
  /** Resolves when the whole log is there, having compared it with the server's own. */
  untilDone(): Promise<TaskSnapshot>
  leave(): void
}

/** Subscribes to an observer; whatever it shows wrongly fails the next wait. */
export function watchClosely(observer: TaskObserver, { server }: HostileWorld): Watcher {
  const faults: unknown[] = []
  const waiting = new Set<() => void>()
  let before = observer.getSnapshot()
  const look = (): void => {
    const snapshot = observer.getSnapshot()
    try {
      expectHonest(before, snapshot)
    } catch (fault) {
      faults.push(fault)
    }
    before = snapshot
    for (const check of waiting) check()
  }
  const leave = observer.subscribe(look)

  const until: Watcher['until'] = (wished) =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (faults.length > 0) reject(faults[0])
        else if (wished(observer.getSnapshot())) resolve(observer.getSnapshot())
        else return
        waiting.delete(check)
      }
      waiting.add(check)
      check()
    })
  return {
    observer,
    until,
    untilText: (text) => until((snapshot) => textOf(snapshot) === text),
    async untilDone() {
      const end = await until(({ connection }) => connection === 'done')
      const { events, next_offset } = await server.read(observer.taskId)
      expect(end).toMatchObject({ error: null, truncated: false, nextOffset: next_offset })
      expect(textOf(end)).toBe(textIn(events))
      expect(events.filter(({ type }) => type === 'task_complete')).toHaveLength(1)
      return end
    },
    leave,
  }
}

/** Text of the log itself, without the fold. */
function textIn(events: readonly TaskEvent[]): string {
  return events
    .map(({ type, data }) => (type === 'text_chunk' ? (data as { content: string }).content : ''))
    .join('')
}

/** What must hold between one thing shown and the next, whatever the network does. */
function expectHonest(before: TaskSnapshot, now: TaskSnapshot): void {
  // Nothing that was shown is taken back, and nothing is shown twice: what is there goes on.
  expect(textOf(now).startsWith(textOf(before))).toBe(true)
  expect(now.nextOffset).toBeGreaterThanOrEqual(before.nextOffset)
  // The task is well, whatever the way to it is like.
  expect(now.blocks.filter(({ type }) => type === 'error')).toEqual([])
  expect(now.connection).not.toBe('failed')
  if (now.connection !== 'retrying') expect(now.error).toBeNull()
  if (now.connection === 'retrying') expect(now.error).toMatchObject({ transient: true })
}
