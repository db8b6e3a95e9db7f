import { fork } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type BundledWorker, bundleWorker } from '../../../test/support/bundle-worker.ts'
import { messagesOf } from '../../../test/support/child-messages.ts'
import type { FollowOrder, FollowReport } from './memory/follow-worker.ts'
import { longLogs } from './memory/long-log.ts'
import { deadConnection } from './support/fake-server.ts'
import { makeWorld } from './support/make-world.ts'

describe('one observer through a million events', () => {
  let worker: BundledWorker
  beforeAll(async () => {
    worker = await bundleWorker(new URL('memory/follow-worker.ts', import.meta.url))
  })
  afterAll(() => worker?.dispose())

  /** Follows a log in a process of its own, where nothing else fills the heap. */
  function follow(order: FollowOrder): Promise<FollowReport> {
    const child = fork(worker.path, [JSON.stringify(order)], { execArgv: ['--expose-gc'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    return messagesOf<FollowReport>(child).message((report) => report)
  }

  it.each(longLogs)('holds $name once, and needs no longer for its second half', async ({ name }) => {
    const report = await follow({ log: name, events: 1_000_000, page: 500 })
    expect(report).toMatchObject({ nextOffset: 1_000_000, looked: 2_000, oldAlive: 0 })
    expect(report.heldBytes).toBeLessThan(1.5 * report.stateBytes)
    // A text that nobody reads is a tree of its pieces to V8, a node of 32 bytes for each.
    expect(report.unreadBytes).toBeLessThan(10 * report.stateBytes)
    const [first, second] = report.halves
    expect(second.median).toBeLessThan(2 * first.median)
    // What the collector takes is in the totals, and so is whatever else the machine does.
    expect(second.total).toBeLessThan(3 * first.total)
  })
})

describe('a thousand mounts and unmounts', () => {
  it.each([
    ['while an answer is on its way', async () => {}],
    ['while polling waits', (advance: () => Promise<void>) => advance()],
  ])('leave no timer, no listener and no request: %s', async (_name, wait) => {
    const { client, clock, platform, server } = makeWorld()
    server.text('hello')
    const observer = client.observe('t1')
    for (let mount = 0; mount < 1_000; mount++) {
      if (mount % 10 === 0) server.script(deadConnection)
      const leave = observer.subscribe(() => {})
      await wait(() => clock.advance(200))
      leave()
    }
    await clock.advance(0)
    expect(server.requests.length).toBeGreaterThanOrEqual(1_000)
    expect(server.inFlight).toBe(0)
    expect(server.requests.filter(({ signal }) => signal?.aborted === false)).toHaveLength(0)
    expect({ timers: clock.pending, listeners: platform.listeners.size }).toEqual({ timers: 0, listeners: 0 })
    expect(observer.getSnapshot().connection).toBe('idle')
  })
})
