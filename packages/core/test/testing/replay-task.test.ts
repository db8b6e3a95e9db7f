import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { blockFold } from '../../src/blocks/index.ts'
import { defineTask, type Fold, TaskManager } from '../../src/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import type { ReadPage } from '../../src/store/index.ts'
import { replayTask } from '../../src/testing/index.ts'

const count: Fold<number> = {
  name: 'count@1',
  initial: 0,
  reduce: (state, events) => state + events.length,
}

const long = defineTask({
  type: 'long',
  input: z.object({ words: z.int() }),
  async run({ input, emit, flush }) {
    for (let i = 0; i < input.words; i++) {
      emit('text_chunk', { content: `${i} ` })
      if (i % 50 === 0) await flush()
    }
  },
})

async function pageOf(words: number, folds: string[] = [blockFold.name]): Promise<ReadPage> {
  const manager = new TaskManager({ tasks: [long], limits: { maxEvents: 50 } })
  const task = await manager.create({ userId: 'u1', input: { words } })
  await task.finished()
  const page = await manager.read(task.id, { from: 0, folds })
  await manager.close()
  if (page === null) throw new Error('the task is gone')
  return page
}

const event = (idx: number): TaskEvent => ({ idx, type: 'text_chunk', data: { content: `${idx} ` }, ts: 1 })

describe('replayTask', () => {
  it('folds a log to its blocks', async () => {
    const state = replayTask(await pageOf(2))
    expect(state.blocks).toMatchObject([{ type: 'text', content: '0 1 ' }])
  })

  it('goes on from the snapshot of a log that was capped', async () => {
    const page = await pageOf(1_000)
    expect(page.snapshot).not.toBeNull()
    const words = Array.from({ length: 1_000 }, (_, i) => `${i} `).join('')
    expect(replayTask(page).blocks).toMatchObject([{ content: words }])
  })

  it('refuses a capped log without a snapshot, and a snapshot of another fold', async () => {
    const capped = await pageOf(1_000, [])
    expect(capped.snapshot).toBeNull()
    expect(() => replayTask(capped)).toThrow(/The log has a hole: 0 is missing/)
    const page = await pageOf(1_000)
    expect(() => replayTask(page, count)).toThrow('made by blocks@1, not by count@1')
  })

  it("folds events that a test wrote itself, also with the application's own fold", () => {
    const events = [event(0), event(1), event(2)]
    expect(replayTask(events).blocks).toMatchObject([{ content: '0 1 2 ' }])
    expect(replayTask(events, count)).toBe(3)
    expect(replayTask([])).toEqual(blockFold.initial)
  })

  it('refuses events with a hole', () => {
    expect(() => replayTask([event(0), event(2)])).toThrow('1 is missing before 2')
    expect(() => replayTask([event(1)])).toThrow('0 is missing before 1')
  })
})
