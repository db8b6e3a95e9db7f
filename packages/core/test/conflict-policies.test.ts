import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, type TaskDefinition, TaskError, TaskManager } from '../src/index.ts'
import { fired, until } from './support/test-manager.ts'

function managerWith(definition: Partial<TaskDefinition>): {
  manager: TaskManager
  started: unknown[]
  finish(): void
} {
  const started: unknown[] = []
  const finishers: (() => void)[] = []
  const work = defineTask({
    type: 'work',
    input: z.unknown(),
    async run({ input, signal }) {
      started.push(input)
      await Promise.race([fired(signal), new Promise<void>((resolve) => finishers.push(resolve))])
      return input
    },
    ...definition,
  })
  const manager = new TaskManager({ tasks: [work], limits: { runGraceMs: 100 } })
  return { manager, started, finish: () => finishers.shift()?.() }
}

describe('a create while the scope is taken', () => {
  it('is attached to the running task', async () => {
    const { manager, started, finish } = managerWith({ onConflict: 'attach' })
    const first = await manager.create({ userId: 'u1', input: 1 })
    const second = await manager.create({ userId: 'u1', input: 2 })
    expect([second.outcome, second.id]).toEqual(['attached', first.id])
    await until(() => started.length === 1)
    finish()
    expect((await second.finished()).result).toBe('1')
    await manager.close()
  })

  it('is queued, runs in its turn, and is refused when the queue is full', async () => {
    const { manager, started, finish } = managerWith({ onConflict: 'queue', maxQueued: 2 })
    const tasks = [1, 2, 3].map((input) => manager.create({ userId: 'u1', input }))
    const handles = await Promise.all(tasks)
    const full = await manager.create({ userId: 'u1', input: 4 }).catch((error: unknown) => error)
    expect(TaskError.is(full, 'queue_full')).toBe(true)
    for (const count of [1, 2, 3]) {
      await until(() => started.length === count)
      expect((await manager.list({ userId: 'u1', status: ['running'] })).tasks).toHaveLength(1)
      finish()
    }
    expect(await Promise.all(handles.map(async (handle) => (await handle.finished()).result))).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(started).toEqual([1, 2, 3])
    await manager.close()
  })

  it('replaces what runs and what is queued, and two never run at once', async () => {
    const { manager, started, finish } = managerWith({ onConflict: 'replace' })
    const first = await manager.create({ userId: 'u1', input: 1 })
    await until(() => started.length === 1)
    const second = await manager.create({ userId: 'u1', input: 2 })
    const third = await manager.create({ userId: 'u1', input: 3 })
    expect((await first.finished()).status).toBe('canceled')
    expect((await second.finished()).status).toBe('canceled')
    await until(() => started.includes(3))
    expect((await manager.get(first.id))?.stop).toMatchObject({ reason: 'replaced', actor: 'u1' })
    finish()
    finish()
    expect((await third.finished()).status).toBe('succeeded')
    await manager.close()
  })
})

it('runs tasks of higher priority first', async () => {
  const order: string[] = []
  let release: (() => void) | undefined
  const make = (type: string, priority: number): TaskDefinition =>
    defineTask({
      type,
      priority,
      input: z.unknown(),
      scope: () => null,
      async run() {
        order.push(type)
        if (type === 'first') {
          await new Promise<void>((resolve) => {
            release = resolve
          })
        }
      },
    }) as TaskDefinition
  const manager = new TaskManager({
    tasks: [make('first', 0), make('low', -1), make('high', 5)],
    concurrency: 1,
  })
  const first = await manager.create({ type: 'first', userId: 'u1', input: null })
  await until(() => release !== undefined)
  const low = await manager.create({ type: 'low', userId: 'u1', input: null })
  const high = await manager.create({ type: 'high', userId: 'u1', input: null })
  release?.()
  await Promise.all([first, low, high].map((task) => task.finished()))
  expect(order).toEqual(['first', 'high', 'low'])
  await manager.close()
})
