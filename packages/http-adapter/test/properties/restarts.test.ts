import { setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { TaskEvent } from '@outlast/core/protocol'
import { expect, it } from 'vitest'
import { range } from '../push-world.ts'
import { type ServerProcess, useServers } from './fork-server.ts'
import { pushTransports, type Transport, transports } from './transports.ts'

const servers = useServers()
const userId = 'ann'

/** What a runner has counted, without what was dropped before another attempt. */
function countsOf(log: readonly TaskEvent[]): unknown[] {
  let kept: TaskEvent[] = []
  for (const event of log) {
    const { keep_before: before } = event.data as { keep_before?: number }
    if (event.type === 'attempt_reset') kept = kept.filter(({ idx }) => idx < (before ?? 0))
    else if (event.type === 'x_count') kept.push(event)
  }
  return kept.map(({ data }) => (data as { n: number }).n)
}

it('F7 · a rolling restart of three processes at 50 events a second loses nothing and doubles nothing', async () => {
  const file = servers.newFile()
  const limits = { sweepMs: 100, leaseMs: 2_000, renewMs: 500 }
  const start = (): Promise<ServerProcess> => servers.start({ file, limits })
  const nodes = [await start(), await start(), await start()]
  const total = 200
  const taskId = (await nodes[0]?.create(userId, 'count', { total, everyMs: 20 })) ?? ''

  async function follow(transport: Transport, reader: number): Promise<TaskEvent[]> {
    const seen: TaskEvent[] = []
    let cursor: string | null = null
    const taker = {
      events(events: readonly TaskEvent[], next: string): void {
        seen.push(...events)
        cursor = next
      },
    }
    for (let visit = 0; ; visit++) {
      const { port } = nodes[(reader + visit) % nodes.length] ?? expect.fail('there is a server')
      const isOver = await transport.read(
        { port, taskId, userId },
        cursor,
        taker,
        new AbortController().signal,
      )
      if (isOver) return seen
      // One that is going, or gone; the next one may be up.
      await pause(20)
    }
  }
  const logs = transports.flatMap((transport) => range(0, 2).map((reader) => follow(transport, reader)))
  for (const place of range(0, nodes.length)) {
    await pause(300)
    await nodes[place]?.leave()
    nodes[place] = await start()
  }
  const [first, ...others] = await Promise.all(logs)
  expect(first?.map(({ idx }) => idx)).toEqual(range(0, first?.length ?? -1))
  expect(first?.at(-1)).toMatchObject({ type: 'task_complete', data: { status: 'succeeded' } })
  expect(first?.filter(({ type }) => type === 'attempt_reset').length).toBeGreaterThan(0)
  expect(countsOf(first ?? [])).toEqual(range(0, total))
  for (const other of others) expect(other).toEqual(first)
}, 60_000)

it('F6 · 2,000 clients of a server that restarts come back spread over five seconds, each caught up soon', async () => {
  const file = servers.newFile()
  const push = { maxWatchersPerUser: 10_000 }
  const clients = 2_000
  const leaving = await servers.start({ file, push })
  const taskId = await leaving.create(userId, 'count', { total: 1, everyMs: 600_000 })
  // Behind a load balancer the next one is up before the last one goes.
  const next = await servers.start({ file, push })
  const place = { port: leaving.port, taskId, userId }
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const hints: number[] = []
  let attached = 0
  const firstVisits = range(0, clients).map(async (client) => {
    const transport = pushTransports[client % 4 === 0 ? 1 : 0] ?? expect.fail('there are two')
    let cursor: string | null = null
    let hint = 0
    await transport.read(
      place,
      null,
      {
        events(_events, next) {
          cursor = next
          attached++
        },
        retry(ms) {
          hint = ms
        },
      },
      closing.signal,
    )
    hints.push(hint)
    return { transport, cursor, hint }
  })
  await expect.poll(() => attached, { timeout: 20_000 }).toBe(clients)

  const left = leaving.leave()
  // All are told at once, and wait as they were told.
  const told = await Promise.all(firstVisits)
  const toldAt = performance.now()
  const waits = await Promise.all(
    told.map(async ({ transport, cursor, hint }) => {
      await pause(Math.max(0, toldAt + hint - performance.now()))
      const came = performance.now()
      await new Promise<void>((resolve) => {
        const taker = { events() {}, status: () => resolve() }
        void transport.read({ ...place, port: next.port }, cursor, taker, closing.signal)
      })
      return performance.now() - came
    }),
  )
  closing.abort()
  await left
  const slowest = waits.sort((a, b) => a - b)
  expect(Math.min(...hints)).toBeGreaterThanOrEqual(500)
  expect(Math.max(...hints)).toBeLessThanOrEqual(5_500)
  for (const second of range(0, 5)) {
    const within = hints.filter((hint) => hint >= 500 + second * 1_000 && hint < 1_500 + second * 1_000)
    expect(within.length).toBeGreaterThan(clients / 10)
    expect(within.length).toBeLessThan(clients / 3)
  }
  expect(slowest[Math.floor(clients * 0.99)]).toBeLessThan(3_000)
}, 60_000)
