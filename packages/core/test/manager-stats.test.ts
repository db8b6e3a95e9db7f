import { expect, it } from 'vitest'
import type { TaskDispatcher } from '../src/index.ts'
import { memoryStore } from '../src/index.ts'
import { fired, managerFor, until } from './support/test-manager.ts'

it('counts what is stored, and what runs, waits and is watched here', async () => {
  const manager = managerFor(({ input, signal }) => (input === 'quick' ? 'done' : fired(signal)), {
    concurrency: 1,
  })
  const quick = await manager.create({ userId: 'u1', input: 'quick' })
  await quick.finished()
  const { nextIdx } = (await manager.get(quick.id)) ?? {}
  await manager.create({ userId: 'u1', input: 'long' })
  await manager.create({ userId: 'u2', input: 'long' })
  await until(async () => (await manager.stats()).byStatus.running === 1)
  const stopWatching = new AbortController()
  const watch = manager.waitForChange(quick.id, { revision: -1, waitMs: 60_000, signal: stopWatching.signal })
  const stats = await manager.stats()
  expect(stats).toEqual({
    byStatus: { pending: 1, running: 1, cancel_requested: 0, succeeded: 1, failed: 0, canceled: 0 },
    durationsMs: { work: [expect.any(Number)] },
    running: 1,
    queued: 1,
    watchers: 1,
    bufferedBytes: 0,
    eventsWritten: nextIdx,
  })
  stopWatching.abort()
  await watch
  expect((await manager.stats()).watchers).toBe(0)
})

it('tells of the bytes that wait for the store', async () => {
  const store = memoryStore()
  let letGo = (): void => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const slow = Object.assign(Object.create(store) as typeof store, {
    append: async (batch: Parameters<typeof store.append>[0]) => {
      await held
      return store.append(batch)
    },
  })
  const manager = managerFor(({ emit }) => void emit('text_chunk', { content: 'x'.repeat(1_000) }), {
    store: slow,
  })
  const task = await manager.create({ userId: 'u1', input: null })
  await until(async () => (await manager.stats()).bufferedBytes > 1_000)
  letGo()
  await task.finished()
  await until(async () => (await manager.stats()).bufferedBytes === 0)
})

it('does not guess how many tasks wait in somebody else’s queue', async () => {
  const dispatcher: TaskDispatcher = {
    start: async () => {},
    dispatch: async () => {},
    withdraw: async () => {},
    stop: async () => {},
  }
  const manager = managerFor(() => 'done', { dispatcher })
  expect((await manager.stats()).queued).toBeNull()
})

it('counts a run once, though the dispatcher hands its task out again', async () => {
  let hand: Parameters<TaskDispatcher['start']>[0] = async () => 'not_mine'
  const dispatcher: TaskDispatcher = {
    start: async (run) => {
      hand = run
    },
    dispatch: async ({ taskId }) => void hand(taskId),
    withdraw: async () => {},
    stop: async () => {},
  }
  const manager = managerFor(({ signal }) => fired(signal), { dispatcher })
  const { id } = await manager.create({ userId: 'u1', input: null })
  await until(async () => (await manager.stats()).byStatus.running === 1)
  expect(await hand(id)).toBe('not_mine')
  expect((await manager.stats()).running).toBe(1)
})

it('says store_unavailable when the store is away', async () => {
  const store = Object.assign(Object.create(memoryStore()) as ReturnType<typeof memoryStore>, {
    stats: () => Promise.reject(new Error('away')),
  })
  await expect(managerFor(() => 'done', { store }).stats()).rejects.toMatchObject({
    code: 'store_unavailable',
  })
})
