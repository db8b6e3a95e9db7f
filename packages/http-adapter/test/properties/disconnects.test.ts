import type { EventPage } from '@outlast/core/protocol'
import { describe, expect, it } from 'vitest'
import { range } from '../push-world.ts'
import { headersOf } from '../task-fixtures.ts'
import { backends } from './backends.ts'
import { type ServerProcess, useServers } from './fork-server.ts'
import { type Transport, transports } from './transports.ts'

const servers = useServers()
const cuts = 100
const userId = 'ann'

/** Opens a connection, and cuts it while it waits or as soon as it has been given something. */
async function cutOnce(
  transport: Transport,
  { port }: ServerProcess,
  taskId: string,
  isCutWaiting: boolean,
): Promise<void> {
  const cut = new AbortController()
  const events = (): void => cut.abort()
  // Far behind the end a long-poll has to wait.
  const cursor = isCutWaiting && transport.name === 'long-poll' ? '5000' : null
  const reading = transport.read({ port, taskId, userId }, cursor, { events }, cut.signal)
  if (isCutWaiting) setTimeout(() => cut.abort(), 2)
  expect(await reading).toBe(false)
}

async function logOf({ port }: ServerProcess, taskId: string): Promise<object[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/tasks/${taskId}`, { headers: headersOf(userId) })
  const { data } = (await response.json()) as { data: EventPage }
  return data.events.map(({ idx, type, data }) => ({ idx, type, data }))
}

describe.each(backends)('a task of $name', (backend) => {
  it(`scenario 4, L6 · does not notice that clients of every transport are cut ${cuts} times each`, async () => {
    const nodes = await backend.start(servers)
    const [owner] = nodes
    const [followed, alone] = [await owner.create(userId, 'open'), await owner.create(userId, 'open')]
    // The first event is there for all, so that everybody is given something.
    await owner.write(followed, 1, { each: 1 })
    const storm = transports.map(async (transport) => {
      for (const round of range(0, cuts)) {
        const node = nodes[round % nodes.length] ?? owner
        await cutOnce(transport, node, followed, round % 4 === 1)
      }
    })
    const writing = (async () => {
      for (const _ of range(0, cuts)) await owner.write(followed, 1, { each: 1, everyMs: 10 })
    })()
    await Promise.all([...storm, writing])
    for (const _ of range(0, cuts + 1)) await owner.write(alone, 1, { each: 1 })
    await Promise.all([owner.end(followed), owner.end(alone)])
    await expect.poll(async () => (await logOf(owner, followed)).length).toBe(cuts + 2)
    await expect.poll(async () => (await logOf(owner, alone)).length).toBe(cuts + 2)
    const log = await logOf(owner, followed)
    expect(log).toEqual(await logOf(owner, alone))
    expect(log.filter((event) => 'type' in event && event.type === 'task_complete')).toHaveLength(1)
    for (const node of nodes) {
      await expect.poll(async () => (await node.facts()).connections).toBe(0)
      expect(await node.facts()).toMatchObject({ aborted: 0, failures: [] })
    }
  }, 60_000)
})
