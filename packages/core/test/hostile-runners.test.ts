import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, type Fold, memoryStore, TaskManager, type TaskStore } from '../src/index.ts'
import { eventsOf, fired, managerFor, until } from './support/test-manager.ts'

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const unreadable = new Error('x')
Object.defineProperty(unreadable, 'message', {
  get() {
    throw new Error('no')
  },
})
const oddMessage = new Error('x')
Object.defineProperty(oddMessage, 'message', { value: { not: 'a string' } })
const bareCycle = Object.create(null) as { self?: unknown }
bareCycle.self = bareCycle

describe('S16 · whatever a runner throws', () => {
  it.each([
    ['a revoked proxy', revoked()],
    ['an error whose message throws', unreadable],
    ['an error whose message is an object', oddMessage],
    ['a cycle without a prototype', bareCycle],
    ['undefined', undefined],
    ['a very long message', new Error('é'.repeat(400_000))],
  ])('%s: the task ends as failed, once, and its scope is free', async (_, thrown) => {
    const manager = managerFor(() => {
      throw thrown
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('failed')
    expect((await eventsOf(manager, task.id)).map((event) => event.type)).toEqual(['error', 'task_complete'])
    expect((await manager.create({ userId: 'u1', input: null })).outcome).toBe('created')
  })

  it.each([
    ['a revoked proxy', revoked()],
    ['an error whose message throws', unreadable],
    ['an error whose message is an object', oddMessage],
  ])('%s out of a tool is a failed result', async (_, thrown) => {
    const statuses: string[] = []
    const manager = managerFor(async ({ tool }) => {
      const result = await tool({ id: 't', name: 'n' }, () => {
        throw thrown
      })
      statuses.push(result.status)
    })
    expect((await (await manager.create({ userId: 'u1', input: null })).finished()).status).toBe('succeeded')
    expect(statuses).toEqual(['failed'])
  })

  it('a tool may return what has no JSON, and report nonsense only to itself', async () => {
    const seen: unknown[] = []
    const manager = managerFor(async ({ tool }) => {
      seen.push((await tool({ id: 'a', name: 'n' }, () => bareCycle)).status)
      const nonsense = await tool({ id: 'b', name: 'n' }, (_, report) => report({ message: 5 as never }))
      seen.push(nonsense.status, nonsense.content)
      await tool({ id: 'c', name: 'n' }, (_, report) =>
        report({ id: 'x', status: 'failed', message: 'm' } as never),
      )
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await task.finished()
    expect(seen).toEqual(['completed', 'failed', expect.stringContaining('must be a string')])
    const updates = (await eventsOf(manager, task.id)).filter(({ type }) => type === 'update_action')
    expect(updates.map(({ data }) => data)).toContainEqual({ id: 'c', status: 'running', message: 'm' })
  })

  it('what nests too deep for a snapshot is a text as the result of a tool, and no event and no result of a task', async () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    const codes: unknown[] = []
    const manager = managerFor(async ({ tool, emit }) => {
      await tool({ id: 'a', name: 'n', input: nested(199) }, () => nested(200))
      try {
        emit('x_deep', { value: nested(200) })
      } catch (error) {
        codes.push((error as { code: unknown }).code)
      }
      return nested(200)
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).error).toContain('invalid_result')
    expect(codes).toEqual(['invalid_event'])
    const events = await eventsOf(manager, task.id)
    expect(events.find(({ type }) => type === 'tool_start')?.data).toMatchObject({ arguments: nested(199) })
    expect(events.find(({ type }) => type === 'update_action')?.data).toMatchObject({
      result: '['.repeat(200) + ']'.repeat(200),
    })
  })
})

describe('progress', () => {
  it('S16 · never takes the process with it, whatever it is given and whenever it is written', async () => {
    const manager = managerFor(async ({ progress }) => {
      progress({ done: 0, total: 2 })
      progress({ done: 1, total: 2, message: 'x'.repeat(300_000), extra: 1n } as never)
      await new Promise((resolve) => setTimeout(resolve, 150))
      progress({ done: 2, total: 2, message: 'y'.repeat(300_000) })
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    const reports = (await eventsOf(manager, task.id)).filter(({ type }) => type === 'progress')
    expect(reports.map(({ data }) => (data as { done: number }).done)).toEqual([0, 1, 2])
  })

  it('R7 · ends the run when the buffer is full, also from a timer', async () => {
    const real = memoryStore()
    let away = true
    const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: (batch: Parameters<TaskStore['append']>[0]) =>
        away ? Promise.reject(new Error('away')) : real.append(batch),
    })
    const manager = managerFor(
      async ({ emit, progress, signal }) => {
        progress({ done: 0, total: 9 })
        try {
          for (;;) emit('text_chunk', { content: 'x'.repeat(7_000) })
        } catch {
          progress({ done: 1, total: 9, message: 'm'.repeat(1_500) })
        }
        await fired(signal)
        away = false
      },
      {
        store,
        limits: { maxEventBytes: 8_192, maxBytes: 100_000, hardBufferBytes: 50_000, softBufferBytes: 20_000 },
        onError: () => {},
      },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).error).toContain('buffer_full')
  })
})

describe('a stop with a very long reason', () => {
  it('ends the task all the same', async () => {
    const manager = managerFor(({ emit, signal }) => {
      emit('tool_start', { id: 't', name: 'n' })
      return fired(signal)
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(task.id))?.nextIdx === 1)
    await manager.cancel(task.id, { actor: 'system', reason: 'r'.repeat(300_000) })
    expect((await task.finished()).status).toBe('canceled')
  })
})

describe('a reducer that returns nothing', () => {
  it('costs the snapshot, never the task', async () => {
    const fold: Fold = { name: 'nothing@1', initial: {}, reduce: () => undefined }
    const manager = managerFor(
      async ({ emit, flush }) => {
        for (let i = 0; i < 400; i++) {
          emit('x_tick', { i })
          if (i % 20 === 0) await flush()
        }
      },
      { fold, limits: { maxEvents: 50 }, onError: () => {} },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect(await task.finished()).toMatchObject({ status: 'succeeded', snapshot: null, nextIdx: 401 })
  })
})

describe('a runner that only awaits the library', () => {
  it.each([
    ['emit and flush', (i: number) => ({ i })],
    ['tool', null],
  ])('%s: timers and stops still get their turn', async (_, data) => {
    const manager = managerFor(async ({ emit, flush, tool, signal }) => {
      for (let i = 0; !signal.aborted; i++) {
        if (data === null) await tool({ id: `t${i}`, name: 'n' }, () => i)
        else {
          emit('x_tick', data(i))
          await flush()
        }
      }
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await new Promise((resolve) => setTimeout(resolve, 30))
    await task.cancel()
    expect((await task.finished()).status).toBe('canceled')
  })
})

describe('closing', () => {
  it('does not wait for a store that never answers', async () => {
    const real = memoryStore()
    let silent = false
    const never = new Promise<never>(() => {})
    const store = new Proxy(real, {
      get(target, name: keyof TaskStore) {
        const method = target[name] as (...args: unknown[]) => unknown
        return (...args: unknown[]) => (silent ? never : method.apply(target, args))
      },
    })
    const work = defineTask({ type: 'work', input: z.unknown(), run: ({ signal }) => fired(signal) })
    const manager = new TaskManager({ tasks: [work], store, limits: { runGraceMs: 20 }, onError: () => {} })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await real.getTask(task.id))?.status === 'running')
    silent = true
    await manager.close({ drainMs: 0 })
  })
})

describe('listeners and reporters', () => {
  it('S16 · that reject or throw do not reach the manager or the process', async () => {
    const manager = managerFor(() => 'done', {
      onError: () => {
        throw new Error('bad reporter')
      },
    })
    manager.on('created', async () => {
      throw new Error('bad async listener')
    })
    expect((await (await manager.create({ userId: 'u1', input: null })).finished()).status).toBe('succeeded')
  })
})
