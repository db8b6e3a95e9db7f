import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { isFinalStatus } from '../../src/protocol/index.ts'
import { eachStore } from '../support/each-store.ts'
import { eventsOf, managerFor } from '../support/test-manager.ts'

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(eachStore)('scenario 2 · a cancel at any moment, in $name', ({ open }) => {
  it('L1 · ends the task once, keeps what was written, and starts no tool after the acknowledgement', async () => {
    const acknowledged = new Set<string>()
    const startedLate: string[] = []
    const written = new Map<string, string>()
    const manager = managerFor(
      async ({ emit, flush, tool, taskId }) => {
        const say = (content: string): void => {
          if (emit('text_chunk', { content })) written.set(taskId, (written.get(taskId) ?? '') + content)
        }
        emit('thinking_chunk', { content: 'plan' })
        await turns(1)
        say('one ')
        await flush()
        for (const id of ['a', 'b']) {
          await tool({ id, name: 'work' }, async () => {
            if (acknowledged.has(taskId)) startedLate.push(taskId)
            await turns(2)
          })
          say(`${id} `)
        }
        return 'done'
      },
      { store: open()(), concurrency: 2, limits: { toolGraceMs: 5, runGraceMs: 20 } },
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
        const { blocks } = reduceEvents(initialBlocks, events)
        const text = blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
        expect(text).toBe(written.get(task.id) ?? '')

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
  }, 120_000)
})
