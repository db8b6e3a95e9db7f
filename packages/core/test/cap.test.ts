import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { initialBlocks, reduceEvents } from '../src/blocks/index.ts'
import {
  defineTask,
  memoryStore,
  type TaskContext,
  TaskManager,
  type TaskManagerOptions,
} from '../src/index.ts'
import type { ReadPage } from '../src/store/index.ts'

async function finishedLog(
  run: (context: TaskContext) => Promise<void>,
  options: Partial<TaskManagerOptions>,
): Promise<{ manager: TaskManager; id: string }> {
  const work = defineTask({ type: 'work', input: z.unknown(), run })
  const manager = new TaskManager({ tasks: [work], ...options })
  const task = await manager.create({ userId: 'u1', input: null })
  await task.finished()
  return { manager, id: task.id }
}

const blocksOf = (page: ReadPage | null): unknown => {
  const start = page?.snapshot ? JSON.parse(page.snapshot.state) : initialBlocks
  return reduceEvents(start, page?.events.map((text) => JSON.parse(text)) ?? []).blocks
}

/** 500 events: texts, tools and custom events, flushed every few so that the cap is met again and again. */
async function agentRun({ emit, flush }: TaskContext): Promise<void> {
  for (let i = 0; i < 62; i++) {
    emit('thinking_chunk', { content: `step ${i} ` })
    emit('tool_preparing', { id: `t${i}`, name: 'search', arguments_delta: '{"q":' })
    emit('tool_start', { id: `t${i}`, name: 'search', arguments: { q: i } })
    emit('update_action', { id: `t${i}`, status: 'completed', result: [i] })
    emit('text_chunk', { content: `found ${i}, ` })
    emit('x_mark', { i })
    emit('progress', { done: i, total: 62 })
    emit('token_update', { input: i, output: i, total: 2 * i })
    if (i % 3 === 0) await flush()
  }
}

describe('scenario 6, R6 · the cap', () => {
  it('shows a reader from behind it the same blocks as an uncapped run', async () => {
    const capped = await finishedLog(agentRun, { limits: { maxEvents: 50 } })
    const uncapped = await finishedLog(agentRun, { limits: { maxEvents: 10_000 } })
    const page = await capped.manager.read(capped.id, { from: 10, folds: ['blocks@1'] })
    expect(page?.task.nextIdx).toBeGreaterThan(490)
    expect(page?.snapshot?.at).toBeGreaterThan(10)
    expect(page?.events.length).toBeLessThanOrEqual(50)
    const whole = await uncapped.manager.read(uncapped.id)
    expect(whole?.task.firstIdx).toBe(0)
    expect(blocksOf(page)).toEqual(blocksOf(whole))
  })

  it('says what is gone when there is no reducer', async () => {
    const { manager, id } = await finishedLog(agentRun, { limits: { maxEvents: 50 }, fold: null })
    const page = await manager.read(id, { from: 10, folds: ['blocks@1'] })
    expect(page?.snapshot).toBeNull()
    expect(page?.task.firstIdx).toBeGreaterThan(400)
    expect(page?.from).toBe(page?.task.firstIdx)
    expect(page?.events.at(-1)).toContain('"task_complete"')
  })

  it('restores the whole text of 40,000 deltas at a cap of 1,000', async () => {
    const expected: string[] = []
    const { manager, id } = await finishedLog(async ({ emit, flush }) => {
      for (let i = 0; i < 40_000; i++) {
        const content = i % 100 === 99 ? `word ${i}\n` : `w${i} 🌍`
        expected.push(content)
        emit('text_chunk', { content })
        if (i % 7 === 0) await flush()
      }
    }, {})
    const page = await manager.read(id, { folds: ['blocks@1'] })
    expect(page?.task.nextIdx).toBe(40_002)
    expect(page?.events.length).toBeLessThanOrEqual(1_000)
    expect(blocksOf(page)).toMatchObject([{ type: 'text', content: expected.join(''), open: false }])
  })

  it('bounds a running log at one and a half times the cap', async () => {
    const store = memoryStore()
    let most = 0
    await finishedLog(
      async ({ emit, flush, taskId }) => {
        for (let i = 0; i < 600; i++) {
          emit('text_chunk', { content: 'x' })
          await flush()
          const task = await store.getTask(taskId)
          most = Math.max(most, (task?.nextIdx ?? 0) - (task?.firstIdx ?? 0))
        }
      },
      { store, limits: { maxEvents: 40 } },
    )
    expect(most).toBeLessThanOrEqual(60)
    expect(most).toBeGreaterThan(40)
  })

  it('R7 · bounds a log by bytes too, and keeps the blocks whole', async () => {
    const { manager, id } = await finishedLog(
      async ({ emit, flush }) => {
        for (let i = 0; i < 60; i++) {
          emit('text_chunk', { content: 'é'.repeat(1_000) })
          await flush()
        }
      },
      { limits: { maxBytes: 20_000, maxEventBytes: 10_000 } },
    )
    const page = await manager.read(id, { folds: ['blocks@1'] })
    const bytes = page?.events.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    expect(bytes).toBeLessThanOrEqual(20_000)
    expect(blocksOf(page)).toMatchObject([{ content: 'é'.repeat(60_000) }])
  })
})
