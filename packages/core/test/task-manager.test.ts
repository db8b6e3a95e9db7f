import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, type TaskContext, TaskError, TaskManager, type TaskManagerOptions } from '../src/index.ts'
import type { TaskEvent } from '../src/protocol/index.ts'

const managers: TaskManager[] = []
const failures: unknown[] = []

function managerFor(
  run: (context: TaskContext<{ n?: number | undefined }>) => unknown,
  options: Partial<TaskManagerOptions> = {},
): TaskManager {
  const work = defineTask({ type: 'work', input: z.object({ n: z.number().optional() }), run })
  const manager = new TaskManager({
    tasks: [work],
    onError: (error) => failures.push(error),
    ...options,
  })
  managers.push(manager)
  return manager
}

async function eventsOf(manager: TaskManager, taskId: string, from = 0): Promise<TaskEvent[]> {
  const page = await manager.read(taskId, { from })
  return page?.events.map((text) => JSON.parse(text) as TaskEvent) ?? []
}

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close({ drainMs: 0 })))
  expect(failures.splice(0)).toEqual([])
})

describe('a task that runs to its end', () => {
  it('stores what it emits, numbered from 0, and ends with one task_complete that carries the result', async () => {
    const manager = managerFor(({ emit }) => {
      emit('text_start', {})
      emit('text_chunk', { content: 'Hello' })
      emit('text_end', {})
      return { answer: 42 }
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    const record = await task.finished()
    expect(record).toMatchObject({ status: 'succeeded', result: '{"answer":42}', error: null, nextIdx: 4 })
    const events = await eventsOf(manager, task.id)
    expect(events.map((event) => event.idx)).toEqual([0, 1, 2, 3])
    expect(events.map((event) => event.type)).toEqual(['text_start', 'text_chunk', 'text_end', 'task_complete'])
    expect(events[3]?.data).toEqual({ status: 'succeeded', result: { answer: 42 } })
  })

  it('closes what the runner left open, before the end and in the same append', async () => {
    const manager = managerFor(({ emit }) => {
      emit('thinking_chunk', { content: 'hm' })
      emit('text_start', { id: 'a' })
      emit('tool_start', { id: 't1', name: 'search' })
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.finished()
    const types = (await eventsOf(manager, task.id)).map(({ type, data }) => [type, (data as { id?: string }).id])
    expect(types.slice(3)).toEqual([
      ['thinking_end', undefined],
      ['text_end', 'a'],
      ['update_action', 't1'],
      ['task_complete', undefined],
    ])
  })

  it('ends as failed with an error event when the runner throws', async () => {
    const manager = managerFor(async () => {
      await Promise.resolve()
      throw new Error('the model is gone')
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    const record = await task.finished()
    expect(record.status).toBe('failed')
    expect(JSON.parse(record.error ?? '')).toEqual({ message: 'the model is gone', code: 'runner_error' })
    expect((await eventsOf(manager, task.id)).map((event) => event.type)).toEqual(['error', 'task_complete'])
  })

  it('ends as failed with invalid_result when the result has no JSON', async () => {
    const manager = managerFor(() => ({ big: 1n }))
    const record = await (await manager.create({ userId: 'u1', input: {} })).finished()
    expect(record.error).toContain('invalid_result')
  })
})

describe('a stop', () => {
  it('aborts the signal, keeps what was written, and ends the task as canceled', async () => {
    const manager = managerFor(async ({ emit, signal, flush }) => {
      emit('text_chunk', { content: 'partial' })
      await flush()
      await until(signal)
      throw signal.reason
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    await manager.waitForChange(task.id, { revision: task.task.revision, waitMs: 5_000 })
    expect(await task.cancel({ reason: 'changed my mind' })).toMatchObject({ outcome: 'requested' })
    const record = await task.finished()
    expect(record).toMatchObject({ status: 'canceled', error: null })
    const events = await eventsOf(manager, task.id)
    expect(events.map((event) => event.type)).toEqual(['text_chunk', 'text_end', 'task_complete'])
    expect(events.at(-1)?.data).toEqual({ status: 'canceled', reason: 'changed my mind', actor: 'u1' })
    expect(await task.cancel()).toEqual({ outcome: 'finished', status: 'canceled' })
  })

  it('leaves a readable result of a running tool, also when the tool ignores its signal', async () => {
    let late: ((value: string) => void) | undefined
    const manager = managerFor(
      async ({ tool }) => {
        const result = await tool({ id: 't1', name: 'sleep', input: { ms: 1 } }, () => {
          return new Promise<string>((resolve) => {
            late = resolve
          })
        })
        return result.content
      },
      { limits: { toolGraceMs: 20 } },
    )
    const task = await manager.create({ userId: 'u1', input: {} })
    while (late === undefined) await new Promise((resolve) => setImmediate(resolve))
    await task.cancel()
    const record = await task.finished()
    late('too late')
    expect(record.status).toBe('canceled')
    const events = await eventsOf(manager, task.id)
    expect(events.map((event) => event.type)).toEqual(['tool_start', 'update_action', 'task_complete'])
    expect(events[1]?.data).toMatchObject({ id: 't1', status: 'canceled', result: 'cancelled by user' })
  })

  it('ends a task that was still waiting for its turn', async () => {
    const manager = managerFor(({ signal }) => until(signal), { concurrency: 1 })
    const first = await manager.create({ userId: 'u1', input: {} })
    const second = await manager.create({ userId: 'u2', input: {} })
    expect((await manager.get(second.id))?.status).toBe('pending')
    await second.cancel()
    expect((await second.finished()).status).toBe('canceled')
    expect((await eventsOf(manager, second.id)).map((event) => event.type)).toEqual(['task_complete'])
    await first.cancel()
    expect((await first.finished()).status).toBe('canceled')
  })

  it('gives up a runner that ignores it', async () => {
    const manager = managerFor(() => new Promise(() => {}), { limits: { runGraceMs: 20 } })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.cancel()
    expect((await task.finished()).status).toBe('canceled')
  })
})

describe('one active task per user and workspace', () => {
  it('refuses a second one, names the first, and accepts it after the end', async () => {
    const manager = managerFor(({ signal }) => until(signal))
    const first = await manager.create({ userId: 'u1', input: {} })
    const refused = await manager.create({ userId: 'u1', input: {} }).catch((error: unknown) => error)
    expect(TaskError.is(refused, 'task_already_running') && refused.taskId).toBe(first.id)
    await manager.create({ userId: 'u1', workspaceId: 'other', input: {} })
    await manager.create({ userId: 'u2', input: {} })
    await first.cancel()
    await first.finished()
    expect((await manager.create({ userId: 'u1', input: {} })).outcome).toBe('created')
  })
})
