import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, memoryStore, TaskError, TaskManager } from '../src/index.ts'
import { eventsOf, fired, managerFor, until } from './support/test-manager.ts'

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
    expect(events.map((event) => event.type)).toEqual([
      'text_start',
      'text_chunk',
      'text_end',
      'task_complete',
    ])
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
    const types = (await eventsOf(manager, task.id)).map(({ type, data }) => [
      type,
      (data as { id?: string }).id,
    ])
    expect(types.slice(3)).toEqual([
      ['update_action', 't1'],
      ['text_end', 'a'],
      ['thinking_end', undefined],
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
      await fired(signal)
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

  it('L5 · leaves a readable result of a running tool, also when the tool ignores its signal', async () => {
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
    await until(() => late !== undefined)
    await task.cancel()
    const record = await task.finished()
    late?.('too late')
    expect(record.status).toBe('canceled')
    const events = await eventsOf(manager, task.id)
    expect(events.map((event) => event.type)).toEqual(['tool_start', 'update_action', 'task_complete'])
    expect(events[1]?.data).toMatchObject({ id: 't1', status: 'canceled', result: 'cancelled by user' })
  })

  it('ends a task that was still waiting for its turn', async () => {
    const manager = managerFor(({ signal }) => fired(signal), { concurrency: 1 })
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
    const manager = managerFor(({ signal }) => fired(signal))
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

describe("a scope of the definition's own", () => {
  it("holds one task per key, is the user's own, and null means no limit", async () => {
    const work = defineTask({
      type: 'work',
      input: z.string().nullable(),
      scope: (_, room) => room,
      run: ({ signal }) => fired(signal),
    })
    const manager = new TaskManager({ tasks: [work], limits: { runGraceMs: 50 } })
    const create = (userId: string, input: string | null): Promise<string> =>
      manager.create({ userId, input }).then(
        (handle) => handle.outcome,
        (error: { code: string }) => error.code,
      )
    expect(await create('u1', 'a')).toBe('created')
    expect(await create('u1', 'a')).toBe('task_already_running')
    expect(await create('u1', 'b')).toBe('created')
    expect(await create('u2', 'a')).toBe('created')
    expect(await create('u1', null)).toBe('created')
    expect(await create('u1', null)).toBe('created')
    await manager.close({ drainMs: 0 })
  })
})

describe('an idempotency key', () => {
  it('L11 · answers the same task for the same input, before any conflict rule, also under 100 retries at once', async () => {
    const manager = managerFor(({ signal }) => fired(signal))
    const request = { userId: 'u1', input: { a: 1 }, idempotencyKey: 'k1' }
    const handles = await Promise.all(Array.from({ length: 100 }, () => manager.create(request)))
    expect(new Set(handles.map((handle) => handle.id)).size).toBe(1)
    expect(handles.filter((handle) => handle.outcome === 'created')).toHaveLength(1)
    const other = await manager.create({ ...request, input: { a: 2 } }).catch((error: unknown) => error)
    expect(TaskError.is(other, 'idempotency_mismatch')).toBe(true)
  })
})

describe('following a task', () => {
  it('calls a subscriber with every event once and in order, the last page with the final status', async () => {
    const manager = managerFor(async ({ emit, flush }) => {
      for (let i = 0; i < 300; i++) {
        emit('x_tick', { i })
        if (i % 3 === 0) await flush()
      }
    })
    const task = await manager.create({ userId: 'u1', input: null })
    const seen: number[] = []
    const statuses: string[] = []
    manager.subscribe(task.id, { from: 5 }, (page) => {
      statuses.push(page.task.status)
      for (const text of page.events) seen.push((JSON.parse(text) as { idx: number }).idx)
    })
    await until(() => statuses.at(-1) === 'succeeded')
    expect(seen).toEqual(Array.from({ length: 296 }, (_, i) => i + 5))
    expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(1)
  })

  it('refuses a cursor that is none', async () => {
    const manager = managerFor(() => null)
    const task = await manager.create({ userId: 'u1', input: null })
    for (const from of [-1, 0.5, Number.NaN, '0' as never]) {
      await expect(manager.read(task.id, { from })).rejects.toMatchObject({ code: 'invalid_cursor' })
    }
  })

  it('wakes a waiter on the next event, on a status change, when time is over and when it is called off', async () => {
    let go: (() => void) | undefined
    const manager = managerFor(async ({ emit, flush }) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      emit('x_tick', {})
      await flush()
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => go !== undefined)
    const revision = (await manager.get(task.id))?.revision ?? -1
    expect(await manager.waitForChange(task.id, { revision: -1, waitMs: 10_000 })).toBe('changed')
    expect(await manager.waitForChange(task.id, { revision, waitMs: 5 })).toBe('timeout')
    const calledOff = AbortSignal.abort()
    expect(await manager.waitForChange(task.id, { revision, waitMs: 10_000, signal: calledOff })).toBe(
      'aborted',
    )
    const waiting = manager.waitForChange(task.id, { revision, waitMs: 10_000 })
    go?.()
    expect(await waiting).toBe('changed')
  })
})

describe('a manager', () => {
  it('tells its listeners what happens, and survives a listener that throws', async () => {
    const manager = managerFor(({ emit }) => emit('x_tick', {}), { onError: () => {} })
    const told: string[] = []
    manager.on('created', () => {
      told.push('created')
      throw new Error('bad listener')
    })
    manager.on('started', () => told.push('started'))
    manager.on('events', (_, texts) => told.push(`events ${texts.length}`))
    const off = manager.on('finished', (task) => told.push(task.status))
    await (await manager.create({ userId: 'u1', input: null })).finished()
    await until(() => told.length === 5)
    expect(told).toEqual(['created', 'started', 'events 1', 'events 1', 'succeeded'])
    off()
    await (await manager.create({ userId: 'u1', input: null })).finished()
    expect(told.filter((line) => line === 'succeeded')).toHaveLength(1)
  })

  it('runs at most as many tasks at a time as it may', async () => {
    let running = 0
    let most = 0
    const manager = managerFor(
      async ({ flush, emit }) => {
        most = Math.max(most, ++running)
        for (let i = 0; i < 5; i++) {
          emit('x_tick', {})
          await flush()
        }
        running--
      },
      { concurrency: 3 },
    )
    const tasks = await Promise.all(
      Array.from({ length: 12 }, (_, i) => manager.create({ userId: `u${i}`, input: null })),
    )
    await Promise.all(tasks.map((task) => task.finished()))
    expect(most).toBe(3)
  })

  it('closes: refuses new tasks, lets running ones end in time, and stops the rest with the reason shutdown', async () => {
    let finish: (() => void) | undefined
    const manager = managerFor(
      async ({ userId, signal }) => {
        if (userId === 'slow') return fired(signal)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return 'done in time'
      },
      { store: memoryStore() },
    )
    const quick = await manager.create({ userId: 'quick', input: null })
    const slow = await manager.create({ userId: 'slow', input: null })
    await until(() => finish !== undefined)
    const closing = manager.close({ drainMs: 200 })
    const refused = await manager.create({ userId: 'late', input: null }).catch((error: unknown) => error)
    expect(TaskError.is(refused, 'shutting_down')).toBe(true)
    finish?.()
    await closing
    expect(await manager.get(quick.id)).toMatchObject({ status: 'succeeded', result: '"done in time"' })
    expect(await manager.get(slow.id)).toMatchObject({
      status: 'canceled',
      stop: { reason: 'shutdown', actor: 'system' },
    })
  })

  it.each([Number.NaN, -1])('refuses to drain for %s ms, and stays open', async (drainMs) => {
    const manager = managerFor(() => 'still here')
    const refused = await manager.close({ drainMs }).catch((error: unknown) => error)
    expect(TaskError.is(refused, 'invalid_definition') && refused.message).toMatch(/`drainMs`/)
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).result).toBe('"still here"')
  })

  it('lets go of those who wait when it closes', async () => {
    const store = memoryStore()
    const reader = managerFor(() => null, { store })
    const manager = managerFor(({ signal }) => fired(signal), { store })
    const task = await manager.create({ userId: 'u1', input: null })
    const revision = (await reader.get(task.id))?.revision ?? -1
    const waiting = reader.waitForChange(task.id, { revision: revision + 1, waitMs: 25_000 })
    await until(async () => (await reader.get(task.id))?.status === 'running')
    const held = reader.waitForChange(task.id, {
      revision: (await reader.get(task.id))?.revision ?? -1,
      waitMs: 25_000,
    })
    await reader.close()
    expect(await held).toBe('aborted')
    expect(['changed', 'aborted']).toContain(await waiting)
    const own = task.finished().catch((error: unknown) => error)
    await manager.close({ drainMs: 0 })
    expect(['canceled', undefined]).toContain(((await own) as { status?: string }).status)
  })

  it('refuses options that could not work', () => {
    expect(() => new TaskManager({ tasks: [] })).toThrow(/at least one/)
    expect(() => new TaskManager(undefined as never)).toThrow(/list of task definitions/)
    const twice = defineTask({ type: 'a', input: z.unknown(), run: () => null })
    expect(() => new TaskManager({ tasks: [twice, twice] })).toThrow(/Two definitions/)
    expect(() => new TaskManager({ tasks: [twice], limits: { maxEvents: 0 } })).toThrow(/maxEvents/)
    expect(() => new TaskManager({ tasks: [twice], limits: { leaseMs: Number.NaN } })).toThrow(/leaseMs/)
    expect(() => defineTask({ type: 'no spaces', input: z.unknown(), run: () => null })).toThrow(/task type/)
  })
})
