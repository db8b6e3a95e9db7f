import { isFinalStatus } from '@outlast/core/protocol'
import { beforeAll, describe, expect, it } from 'vitest'
import { range } from '../push-world.ts'
import { backends, type Nodes } from './backends.ts'
import { type ServerProcess, useServers } from './fork-server.ts'
import { type Transport, transports } from './transports.ts'

const servers = useServers()
/** So that nothing is trimmed: whoever attaches late still gets the beginning. */
const limits = { maxEvents: 20_000, maxBytes: 100_000_000 }

/** Follows a log to its end through one server after the other, leaving it again and again in the middle. */
async function followInVisits(
  transport: Transport,
  nodes: readonly ServerProcess[],
  task: { taskId: string; userId: string },
  reader: number,
): Promise<number[]> {
  const seen: number[] = []
  let cursor: string | null = null
  for (let visit = 0; ; visit++) {
    const { port } = nodes[(reader + visit) % nodes.length] ?? expect.fail('there is a server')
    const leaving = new AbortController()
    const enough = seen.length + 200 + ((reader * 7 + visit * 131) % 1_500)
    const taker = {
      events(events: readonly { idx: number }[], next: string): void {
        for (const { idx } of events) seen.push(idx)
        cursor = next
        if (seen.length >= enough) leaving.abort()
      },
    }
    if (await transport.read({ port, ...task }, cursor, taker, leaving.signal)) return seen
  }
}

describe.each(backends)('the readers of $name', (backend) => {
  let nodes: Nodes
  beforeAll(async () => {
    nodes = await backend.start(servers, { limits })
  })

  it.each(transports)(
    'scenario 5 · get 10,000 events each once and in order, however often they come and go, over $name',
    async (transport) => {
      const [owner] = nodes
      const userId = 'ann'
      const taskId = await owner.create(userId, 'open')
      const logs = range(0, 20).map((reader) => followInVisits(transport, nodes, { taskId, userId }, reader))
      await owner.write(taskId, 10_000, { each: 20 })
      await owner.end(taskId)
      const whole = range(0, 10_001)
      for (const log of logs) expect(await log).toEqual(whole)
      expect((await owner.facts()).failures).toEqual([])
    },
    60_000,
  )

  it.each(transports)(
    'L2 · have all events when the task is first told to be over: $name',
    async (transport) => {
      const [owner] = nodes
      const userId = 'ann'
      const total = 7
      await Promise.all(
        range(0, 12).map(async (reader) => {
          const taskId = await owner.create(userId, 'open')
          const { port } = nodes[reader % nodes.length] ?? expect.fail('there is a server')
          const seen: number[] = []
          let seenAtEnd: number | null = null
          let isLive = false
          const isOver = transport.read(
            { port, taskId, userId },
            null,
            {
              events: (events) => {
                for (const { idx } of events) seen.push(idx)
              },
              status({ status }) {
                isLive ||= !isFinalStatus(status)
                // A stream that begins after the end tells the state first, and the end last.
                if (isLive && isFinalStatus(status)) seenAtEnd ??= seen.length
              },
            },
            new AbortController().signal,
          )
          await owner.write(taskId, total, { each: 1 + (reader % 3), everyMs: reader % 2 })
          await owner.end(taskId)
          expect(await isOver).toBe(true)
          expect(seen).toEqual(range(0, total + 1))
          expect(seenAtEnd ?? total + 1).toBe(total + 1)
        }),
      )
    },
  )
})
