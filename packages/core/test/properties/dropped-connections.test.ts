import { describe, expect, it } from 'vitest'
import { createTaskHandler } from '../../src/http/index.ts'
import { isFinalStatus } from '../../src/protocol/index.ts'
import { eachStore } from '../support/each-store.ts'
import { eventsOf, managerFor, until } from '../support/test-manager.ts'

const cuts = 100

describe.each(eachStore)('a client that loses its connection, with its task in $name', ({ open }) => {
  it(`L6 · stops nothing, ${cuts} times: the signal never fires, and the log is an undisturbed one`, async () => {
    let aborted = 0
    const mayWrite = new Map<string, number>()
    const manager = managerFor(
      async ({ emit, flush, signal, taskId }) => {
        signal.addEventListener('abort', () => aborted++)
        for (let i = 0; i <= cuts; i++) {
          await until(() => (mayWrite.get(taskId) ?? 0) >= i)
          emit('text_chunk', { content: `${i} ` })
          await flush()
        }
        return 'done'
      },
      { store: open()() },
    )
    const handler = createTaskHandler(manager, {
      authenticate: ({ headers }) => ({ userId: headers.get('x-user') ?? '', via: 'token' }),
    })
    const read = (user: string, id: string, query: string, signal?: AbortSignal): Promise<Response> =>
      handler.fetch(
        new Request(`http://localhost/api/tasks/${id}?${query}`, {
          headers: { 'x-user': user },
          ...(signal && { signal }),
        }),
      )
    const [followed, alone] = await Promise.all(
      ['ann', 'ben'].map((userId) => manager.create({ userId, input: null })),
    )
    if (followed === undefined || alone === undefined) throw new Error('two were created')
    mayWrite.set(alone.id, cuts)
    for (let cut = 0; cut < cuts; cut++) {
      await until(async () => (await manager.get(followed.id))?.nextIdx === cut + 1)
      // A long-poll for what is not there yet; the client goes while it waits.
      const client = new AbortController()
      const poll = read('ann', followed.id, `from=${cut + 1}&wait_ms=20000`, client.signal)
      await until(async () => (await manager.stats()).watchers > 0)
      client.abort()
      await poll.catch(() => 'the client has gone')
      await until(async () => (await manager.stats()).watchers === 0)
      mayWrite.set(followed.id, cut + 1)
    }
    await Promise.all([followed, alone].map((task) => task.finished()))
    expect(aborted).toBe(0)
    const logs = await Promise.all(
      [followed, alone].map(async ({ id }) =>
        (await eventsOf(manager, id)).map(({ idx, type, data }) => ({ idx, type, data })),
      ),
    )
    expect(logs[0]).toEqual(logs[1])
    const page = (await (await read('ann', followed.id, 'from=0')).json()) as {
      data: { status: string; events: unknown[] }
    }
    expect(isFinalStatus(page.data.status as 'running')).toBe(true)
    expect(page.data.events).toHaveLength(cuts + 3)
  })
})
