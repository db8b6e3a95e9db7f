import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, TaskManager } from '../src/index.ts'
import { fired, until } from './support/test-manager.ts'

function setUp(): { manager: TaskManager; run(type: string, userId: string): Promise<string> } {
  const make = (type: string, lifetime: 'detached' | 'connection') =>
    defineTask({ type, lifetime, input: z.unknown(), scope: () => null, run: ({ signal }) => fired(signal) })
  const manager = new TaskManager({
    tasks: [make('tied', 'connection'), make('free', 'detached')],
    concurrency: 10,
  })
  return {
    manager,
    async run(type, userId) {
      const { id } = await manager.create({ type, userId, input: null })
      await until(() => manager.stopFlags.ofTask(id) !== null)
      return id
    },
  }
}

describe('manager.stopFlags', () => {
  it('finds the runs of this process by task, by user and by connection', async () => {
    const { manager, run } = setUp()
    const [free, tied, other] = [await run('free', 'u1'), await run('tied', 'u1'), await run('tied', 'u2')]
    const ids = (flags: readonly { taskId: string }[]) => flags.map(({ taskId }) => taskId)
    expect(manager.stopFlags.ofTask(other)).toMatchObject({ taskId: other, userId: 'u2', stop: null })
    expect(ids(manager.stopFlags.ofUser('u1')).sort()).toEqual([free, tied].sort())
    expect(ids(manager.stopFlags.ofConnection('u1'))).toEqual([tied])
    expect(manager.stopFlags.ofUser('nobody')).toEqual([])
    await manager.close({ drainMs: 0 })
  })

  it('shows who stopped a run and why, and forgets it with the run', async () => {
    const { manager, run } = setUp()
    const stopped = await run('free', 'u1')
    const flag = manager.stopFlags.ofTask(stopped)
    expect(await manager.cancelUser('u1', { reason: 'logged out', actor: 'admin' })).toBe(1)
    expect(flag?.stop).toMatchObject({ reason: 'logged out', actor: 'admin' })
    expect(flag?.signal.aborted).toBe(true)
    await until(() => manager.stopFlags.ofTask(stopped) === null)
    // Nothing stays that could reach what the user starts next.
    const next = await run('free', 'u1')
    expect(manager.stopFlags.ofTask(next)).toMatchObject({ stop: null, signal: { aborted: false } })
    await manager.close({ drainMs: 0 })
  })
})
