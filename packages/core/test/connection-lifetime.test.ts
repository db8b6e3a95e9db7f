import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, TaskManager } from '../src/index.ts'
import { manualClock } from './support/manual-clock.ts'
import { fired, until } from './support/test-manager.ts'

function setUp(): {
  manager: TaskManager
  clock: ReturnType<typeof manualClock>
  start(type: string, userId?: string): Promise<string>
  statusOf(id: string): Promise<string | undefined>
} {
  const clock = manualClock()
  const make = (type: string, lifetime: 'detached' | 'connection') =>
    defineTask({ type, lifetime, input: z.unknown(), scope: () => null, run: ({ signal }) => fired(signal) })
  const manager = new TaskManager({
    tasks: [make('tied', 'connection'), make('free', 'detached')],
    clock,
    concurrency: 10,
  })
  return {
    manager,
    clock,
    start: async (type, userId = 'u1') => (await manager.create({ type, userId, input: null })).id,
    statusOf: async (id) => (await manager.get(id))?.status,
  }
}

describe("a task that is tied to its user's connection", () => {
  it('L6 · is stopped when the last one has been gone for the grace, and nothing else is', async () => {
    const { manager, clock, start, statusOf } = setUp()
    const closeFirst = manager.openConnection('u1')
    const closeSecond = manager.openConnection('u1')
    const [tied, free, other] = [await start('tied'), await start('free'), await start('tied', 'u2')]
    closeFirst()
    closeFirst()
    clock.advance(60_000)
    expect(await statusOf(tied)).not.toBe('cancel_requested')
    closeSecond()
    clock.advance(9_000)
    const closeThird = manager.openConnection('u1')
    clock.advance(60_000)
    await until(async () => (await statusOf(tied)) === 'running')
    closeThird()
    clock.advance(10_000)
    await until(async () => (await statusOf(tied)) === 'canceled')
    expect((await manager.get(tied))?.stop).toMatchObject({ reason: 'disconnected', actor: 'system' })
    expect([await statusOf(free), await statusOf(other)]).toEqual(['running', 'running'])
    // Nothing is left behind that would stop the next one.
    const next = await start('tied')
    clock.advance(60_000)
    await until(async () => (await statusOf(next)) === 'running')
    const closing = manager.close({ drainMs: 0 })
    await until(() => {
      clock.advance(1_000)
      return manager.get(next).then(
        (task) => task?.status === 'canceled',
        () => true,
      )
    })
    clock.advance(60_000)
    await closing
  })
})

it('a connection that closes after the manager stops nothing', async () => {
  const clock = manualClock()
  const failures: unknown[] = []
  const quick = defineTask({ type: 'quick', input: z.unknown(), run: () => null })
  const manager = new TaskManager({ tasks: [quick], clock, onError: (error) => failures.push(error) })
  const leave = manager.openConnection('u1')
  await manager.close({ drainMs: 0 })
  leave()
  clock.advance(60_000)
  await new Promise((resolve) => setImmediate(resolve))
  expect(failures).toEqual([])
})

describe('stopping a user', () => {
  it('stops what is active now, and not what is started afterwards', async () => {
    const { manager, start, statusOf } = setUp()
    const ids = [await start('tied'), await start('free'), await start('free')]
    const other = await start('free', 'u2')
    expect(await manager.cancelUser('u1', { actor: 'admin', reason: 'account closed' })).toBe(3)
    for (const id of ids) await until(async () => (await statusOf(id)) === 'canceled')
    const next = await start('free')
    await until(async () => (await statusOf(next)) === 'running')
    expect(await statusOf(other)).toBe('running')
  })
})
