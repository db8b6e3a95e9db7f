import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { createTaskHandler } from '../src/http/index.ts'
import { defineTask, type TaskHandle, TaskManager } from '../src/index.ts'
import type { EventPage, TaskCreated, TaskInfo } from '../src/protocol/index.ts'
import { fired, until } from './support/test-manager.ts'

/** A manager whose tasks run until they are canceled and wait for one another. */
function queueingManager(): TaskManager {
  const work = defineTask({
    type: 'work',
    input: z.unknown(),
    onConflict: 'queue',
    run: ({ signal }) => fired(signal),
  })
  const manager = new TaskManager({ tasks: [work], limits: { stopCheckMs: 50 } })
  onTestFinished(() => manager.close({ drainMs: 0 }))
  return manager
}

describe('the place in the queue', () => {
  it('moves up, with a new revision, when a task before it is canceled or starts', async () => {
    const manager = queueingManager()
    const places = (...tasks: TaskHandle[]) =>
      Promise.all(tasks.map(async ({ id }) => (await manager.get(id))?.queuePosition))
    const revisions = (...tasks: TaskHandle[]) =>
      Promise.all(tasks.map(async ({ id }) => (await manager.get(id))?.revision ?? 0))

    const create = () => manager.create({ userId: 'u1', input: null })
    const running = await create()
    const [first, second, third] = [await create(), await create(), await create()]
    expect([running, first, second, third].map(({ task }) => task.queuePosition)).toEqual([null, 1, 2, 3])

    const before = await revisions(second, third)
    await first.cancel()
    expect((await first.finished()).queuePosition).toBeNull()
    expect(await places(second, third)).toEqual([1, 2])
    expect(await revisions(second, third)).toEqual(before.map((revision) => revision + 1))

    await running.cancel()
    await until(async () => (await manager.get(second.id))?.status === 'running')
    expect(await places(running, second, third)).toEqual([null, null, 1])
    expect(await revisions(third)).toEqual([(before[1] ?? 0) + 2])
  })

  it('is 1 for a task that replaces another, until that one has ended', async () => {
    const work = defineTask({
      type: 'work',
      input: z.unknown(),
      onConflict: 'replace',
      run: ({ signal }) => fired(signal),
    })
    const manager = new TaskManager({ tasks: [work] })
    onTestFinished(() => manager.close({ drainMs: 0 }))
    await manager.create({ userId: 'u1', input: null })
    const { id, task } = await manager.create({ userId: 'u1', input: null })
    expect(task.queuePosition).toBe(1)
    await until(async () => (await manager.get(id))?.status === 'running')
    expect((await manager.get(id))?.queuePosition).toBeNull()
  })
})

describe('the place in the queue over HTTP', () => {
  function open() {
    const manager = queueingManager()
    const handler = createTaskHandler(manager, {
      authenticate: () => ({ userId: 'u1', via: 'token' }),
      // Longer than a test may take: what comes in time has not come because the wait was over.
      limits: { maxWaitMs: 600_000 },
    })
    const base = 'http://tasks.test/api/tasks'
    const create = async (headers: Record<string, string> = {}) => {
      const answer = await handler.fetch(
        new Request(base, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json', ...headers },
        }),
      )
      return { status: answer.status, data: ((await answer.json()) as { data: TaskCreated }).data }
    }
    const read = (taskId: string, headers: Record<string, string> = {}) =>
      handler.fetch(new Request(`${base}/${taskId}`, { headers }))
    const list = async () => {
      const answer = await handler.fetch(new Request(`${base}?status=active`))
      return ((await answer.json()) as { data: TaskInfo[] }).data
    }
    const cancel = (taskId: string) => manager.cancel(taskId, { actor: 'u1' })
    return { manager, create, read, list, cancel }
  }

  async function pageOf(answer: Response): Promise<EventPage> {
    return ((await answer.json()) as { data: EventPage }).data
  }

  it('is in the answer to the create, also to its repeat, and in reads and lists', async () => {
    const { create, read, list } = open()
    const first = await create()
    expect(first).toMatchObject({ status: 202, data: { status: 'pending' } })
    expect(first.data).not.toHaveProperty('queue_position')
    const second = await create({ 'idempotency-key': 'k' })
    expect(second).toMatchObject({ status: 202, data: { status: 'pending', queue_position: 1 } })
    const again = await create({ 'idempotency-key': 'k' })
    expect(again).toEqual({ status: 200, data: { ...second.data, repeated: true } })

    expect(await pageOf(await read(second.data.task_id))).toMatchObject({ queue_position: 1 })
    const places = new Map((await list()).map(({ task_id, queue_position }) => [task_id, queue_position]))
    expect(places).toEqual(
      new Map([
        [first.data.task_id, null],
        [second.data.task_id, 1],
      ]),
    )
  })

  it('changes the entity tag when it changes, and only then', async () => {
    const { create, read, cancel } = open()
    await create()
    const [before, task] = [(await create()).data, (await create()).data]
    const known = (await read(task.task_id)).headers.get('etag') ?? ''
    await create()
    expect((await read(task.task_id, { 'if-none-match': known })).status).toBe(304)

    await cancel(before.task_id)
    const news = await read(task.task_id, { 'if-none-match': known })
    expect(news.status).toBe(200)
    expect(await pageOf(news)).toMatchObject({ status: 'pending', queue_position: 1 })
    const tag = news.headers.get('etag') ?? ''
    expect((await read(task.task_id, { 'if-none-match': tag })).status).toBe(304)
  })

  it.each(['with', 'without'])('is what a long-poll %s a tag waits for', async (tagged) => {
    const { manager, create, read, cancel } = open()
    const running = (await create()).data
    const [before, task] = [(await create()).data, (await create()).data]
    const waits = vi.spyOn(manager, 'waitForChange')
    const poll = async (tag: string) => {
      waits.mockClear()
      const headers = { prefer: 'wait=600', ...(tagged === 'with' && { 'if-none-match': tag }) }
      const answer = read(task.task_id, headers)
      await until(() => waits.mock.calls.length > 0)
      return { answer }
    }

    const first = await poll((await read(task.task_id)).headers.get('etag') ?? '')
    await cancel(before.task_id)
    const moved = await first.answer
    expect(await pageOf(moved)).toMatchObject({ status: 'pending', queue_position: 1, events: [] })

    const second = await poll(moved.headers.get('etag') ?? '')
    await cancel(running.task_id)
    expect(await pageOf(await second.answer)).toMatchObject({ queue_position: null })
  })
})
