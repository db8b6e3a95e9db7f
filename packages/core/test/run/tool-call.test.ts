import { describe, expect, it, vi } from 'vitest'
import { memoryStore, type ToolResult } from '../../src/index.ts'
import { eventsOf, fired, managerFor, until } from '../support/test-manager.ts'

describe('ctx.tool', () => {
  it('returns what a model wants to read, and leaves start and result in the log', async () => {
    let result: ToolResult | undefined
    const manager = managerFor(async ({ tool }) => {
      result = await tool({ id: 'c1', name: 'add', input: { a: 1 }, intent: 'Add it up' }, (_, report) => {
        report({ message: 'half way', progress: 0.5 })
        return { sum: 3 }
      })
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await task.finished()
    expect(result).toEqual({
      status: 'completed',
      content: '{"sum":3}',
      role: 'tool',
      tool_call_id: 'c1',
      value: { sum: 3 },
    })
    const events = await eventsOf(manager, task.id)
    expect(events.map(({ type, data }) => ({ type, data })).slice(0, 4)).toEqual([
      { type: 'tool_intent', data: { id: 'c1', name: 'add', intent: 'Add it up' } },
      { type: 'tool_start', data: { id: 'c1', name: 'add', arguments: { a: 1 } } },
      { type: 'update_action', data: { id: 'c1', status: 'running', message: 'half way', progress: 0.5 } },
      { type: 'update_action', data: { id: 'c1', status: 'completed', result: { sum: 3 } } },
    ])
  })

  it('has the start in the store before the function is called', async () => {
    let stored: string[] = []
    const manager = managerFor(async ({ tool, taskId }) => {
      await tool({ id: 'c1', name: 'look' }, async () => {
        stored = (await eventsOf(manager, taskId)).map((event) => event.type)
      })
    })
    await (await manager.create({ userId: 'u1', input: null })).finished()
    expect(stored).toEqual(['tool_start'])
  })

  it('turns a throw into a failed result', async () => {
    let result: ToolResult | undefined
    const manager = managerFor(async ({ tool }) => {
      result = await tool({ id: 'c1', name: 'boom' }, () => {
        throw new Error('no such file')
      })
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    expect(result).toMatchObject({ status: 'failed', content: 'no such file' })
    expect((await eventsOf(manager, task.id))[1]?.data).toMatchObject({
      status: 'failed',
      message: 'no such file',
    })
  })

  it('lets a call with an infinite timeout take its time', async () => {
    let result: ToolResult | undefined
    const manager = managerFor(async ({ tool }) => {
      result = await tool(
        { id: 'c1', name: 'slow', timeout: Number.POSITIVE_INFINITY },
        () => new Promise((resolve) => setTimeout(resolve, 30, 'done')),
      )
    })
    await (await manager.create({ userId: 'u1', input: null })).finished()
    expect(result).toMatchObject({ status: 'completed', content: 'done' })
  })

  it.each([Number.NaN, -1])('refuses a timeout of %s, before anything starts', async (timeout) => {
    const run = vi.fn()
    const manager = managerFor(async ({ tool }) => {
      const refused = await tool({ id: 'c1', name: 'slow', timeout }, run).catch((error: unknown) => error)
      return (refused as { code?: string }).code
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).result).toBe('"invalid_definition"')
    expect(run).not.toHaveBeenCalled()
  })

  it('aborts a call at its timeout without ending the task', async () => {
    let result: ToolResult | undefined
    const manager = managerFor(async ({ tool }) => {
      result = await tool({ id: 'c1', name: 'slow', timeout: 5 }, async (signal) => {
        await fired(signal)
        throw signal.reason
      })
      return 'went on'
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).result).toBe('"went on"')
    expect(result).toMatchObject({ status: 'failed', content: 'The tool "slow" took longer than 5 ms.' })
  })

  it('does not start after a stop, and gives the model its result all the same', async () => {
    let started = 0
    const results: ToolResult[] = []
    const manager = managerFor(async ({ tool, signal }) => {
      await fired(signal)
      for (const id of ['a', 'b']) results.push(await tool({ id, name: 'never' }, () => started++))
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(task.id))?.status === 'running')
    await task.cancel()
    await task.finished()
    expect(started).toBe(0)
    expect(results.map((result) => [result.status, result.content])).toEqual([
      ['canceled', 'cancelled by user'],
      ['canceled', 'cancelled by user'],
    ])
    expect((await eventsOf(manager, task.id)).map((event) => event.type)).toEqual(['task_complete'])
  })

  it('is refused by a stop that only the store knows of yet', async () => {
    const store = memoryStore()
    let calls = 0
    const manager = managerFor(
      async ({ tool, taskId }) => {
        await store.signal(taskId, { kind: 'stop', key: 'stop', reason: 'elsewhere', actor: 'u1' })
        await tool({ id: 'a', name: 'never' }, () => calls++)
      },
      { store },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('canceled')
    expect(calls).toBe(0)
    expect((await eventsOf(manager, task.id)).map((event) => event.type)).toEqual(['task_complete'])
  })

  it('does not make a call whose id is that of one that still runs, and leaves that one alone', async () => {
    const results: ToolResult[] = []
    let calls = 0
    const manager = managerFor(async ({ tool }) => {
      let finish = (): void => {}
      const first = tool({ id: 'c1', name: 'one' }, () => {
        calls++
        return new Promise<string>((resolve) => {
          finish = () => resolve('first')
        })
      })
      results.push(await tool({ id: 'c1', name: 'two' }, () => calls++))
      await until(() => calls === 1)
      results.push(await tool({ id: 'c1', name: 'three' }, () => calls++))
      finish()
      results.push(await first)
      results.push(await tool({ id: 'c1', name: 'four' }, () => 'after it'))
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    expect(results).toMatchObject([
      { status: 'failed', content: 'A tool call with the id "c1" is running already.', tool_call_id: 'c1' },
      { status: 'failed', error: { code: 'invalid_event' } },
      { status: 'completed', content: 'first' },
      { status: 'completed', content: 'after it' },
    ])
    expect(calls).toBe(1)
    const events = await eventsOf(manager, task.id)
    expect(events.map(({ type, data }) => ({ type, data })).slice(0, 2)).toMatchObject([
      { type: 'tool_start', data: { name: 'one' } },
      { type: 'update_action', data: { status: 'completed', result: 'first' } },
    ])
  })

  it('cuts a result that does not fit into an event, and one that has no JSON', async () => {
    const contents: string[] = []
    const manager = managerFor(async ({ tool }) => {
      const big = await tool({ id: 'big', name: 'read' }, () => '\u0001'.repeat(400_000))
      const odd = await tool({ id: 'odd', name: 'count' }, () => 12n)
      contents.push(big.content.slice(-30), odd.content)
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    expect(contents).toEqual([expect.stringContaining('characters left out)'), '12'])
  })
})
