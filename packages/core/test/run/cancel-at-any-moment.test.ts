import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isFinalStatus } from '../../src/protocol/index.ts'
import { eventsOf, managerFor } from '../support/test-manager.ts'

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

it('ends once, keeps what was written, and starts no tool after the acknowledgement, whenever it is cancelled', async () => {
  const acknowledged = new Set<string>()
  const startedLate: string[] = []
  const manager = managerFor(
    async ({ emit, flush, tool, taskId }) => {
      emit('thinking_chunk', { content: 'plan' })
      await turns(1)
      emit('text_chunk', { content: 'one ' })
      await flush()
      for (const id of ['a', 'b']) {
        await tool({ id, name: 'work' }, async () => {
          if (acknowledged.has(taskId)) startedLate.push(taskId)
          await turns(2)
        })
        emit('text_chunk', { content: `${id} ` })
      }
      return 'done'
    },
    { concurrency: 2, limits: { toolGraceMs: 5, runGraceMs: 20 } },
  )
  const outcomes = new Map<string, number>()
  let user = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(14), fc.boolean(), fc.nat(3), async (delay, twice, others) => {
      const busy = await Promise.all(
        Array.from({ length: others }, () => manager.create({ userId: `u${user++}`, input: null })),
      )
      const task = await manager.create({ userId: `u${user++}`, input: null })
      await turns(delay)
      const answers = await Promise.all([task.cancel(), ...(twice ? [task.cancel()] : [])])
      acknowledged.add(task.id)
      expect(answers.filter((answer) => answer.outcome === 'requested').length).toBeLessThanOrEqual(1)
      const record = await task.finished()
      const wasInTime = answers.some((answer) => answer.outcome !== 'finished')
      expect(record.status).toBe(wasInTime ? 'canceled' : 'succeeded')
      outcomes.set(record.status, (outcomes.get(record.status) ?? 0) + 1)

      const events = await eventsOf(manager, task.id)
      expect(events.map((event) => event.idx)).toEqual(events.map((_, idx) => idx))
      expect(events.filter((event) => event.type === 'task_complete')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('task_complete')
      const starts = events.filter((event) => event.type === 'tool_start').length
      const ends = events.filter((event) => event.type === 'update_action').length
      expect(ends).toBe(starts)
      if (record.attempt > 0 && events.length > 1) expect(events[0]?.type).toBe('thinking_chunk')

      await Promise.all(busy.map((other) => other.finished()))
      for (const other of busy)
        expect(isFinalStatus((await manager.get(other.id))?.status ?? 'pending')).toBe(true)
      expect((await manager.get(task.id))?.revision).toBe(record.revision)
    }),
    { numRuns: 500 },
  )
  expect(startedLate).toEqual([])
  // The moments must really differ: some too late, most in time.
  expect([...outcomes.keys()].sort()).toEqual(['canceled', 'succeeded'])
})
