import { fork } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type BundledWorker, bundleWorker } from '../../../test/support/bundle-worker.ts'
import { messagesOf } from '../../../test/support/child-messages.ts'
import type { TaskObserver } from '../src/task-observer.ts'
import type { Connection } from '../src/transports/index.ts'
import type { FollowOrder, FollowReport } from './memory/follow-worker.ts'
import { longLogs } from './memory/long-log.ts'
import { makeMountWorld, nothingLeft } from './memory/mount-world.ts'

describe('one observer through a very long log', () => {
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

  function expectHeldOnce(report: FollowReport, { events, page }: FollowOrder): void {
    expect(report).toMatchObject({ nextOffset: events, oldAlive: 0 })
    expect(report.looked).toBeGreaterThanOrEqual(events / page)
    expect(report.heldBytes).toBeLessThan(1.5 * report.stateBytes)
    // A text that nobody reads is a tree of its pieces to V8, a node of 32 bytes for each.
    expect(report.unreadBytes).toBeLessThan(10 * report.stateBytes)
  }

  it.each(longLogs)('holds $name once, and needs no longer for its second half', async ({ name }) => {
    const order: FollowOrder = { log: name, through: null, events: 1_000_000, page: 500 }
    const report = await follow(order)
    expectHeldOnce(report, order)
    const [first, second] = report.halves
    expect(second.median).toBeLessThan(2 * first.median)
    // What the collector takes is in the totals, and so is whatever else the machine does.
    expect(second.total).toBeLessThan(3 * first.total)
  })

  it.each(['sse', 'websocket'] as const)(
    'holds what comes over %s once, and nothing of what it came in',
    async (through) => {
      const order: FollowOrder = { log: 'an agent run', through, events: 300_000, page: 500 }
      expectHeldOnce(await follow(order), order)
    },
  )
})

describe('a thousand mounts and unmounts', () => {
  describe.each(['poll', 'sse', 'websocket', 'auto'] as const)('over %s', (name) => {
    it.each([
      ['in a tab that reads for itself', { isShared: false, others: 0 }],
      ['in a tab that leads', { isShared: true, others: 0 }],
      ['in a tab that listens', { isShared: true, others: 2 }],
    ])(
      'leave no timer, listener, request, connection, channel or lock: %s',
      async (_name, { isShared, others }) => {
        const world = makeMountWorld()
        const open = (): TaskObserver => world.openClient(world.transports[name](), isShared).observe('t1')
        const leaving = Array.from({ length: others }, () => open().subscribe(() => {}))
        const observer = open()
        const seen = new Set<Connection>()
        for (let mount = 0; mount < 1_000; mount++) {
          if (mount % 10 === 0) world.stall()
          const leave = observer.subscribe(() => seen.add(observer.getSnapshot().connection))
          await world.advance([0, 0, 1, 20, 200, 600][mount % 6] ?? 0)
          if (mount % 2) world.beginStreams()
          await world.advance(mount % 3)
          leave()
        }
        for (const leave of leaving) leave()
        await world.advance(0)
        expect(world.left).toEqual(nothingLeft)
        expect(seen).toContain('live')
        expect(observer.getSnapshot().connection).toBe('idle')
        const { asked } = world
        await world.advance(100_000)
        expect(world.asked).toEqual(asked)
      },
    )
  })
})
