import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { initialBlocks, reduceEvents } from '../src/blocks/index.ts'
import { type InputResult, memoryStore, type TaskContext, type TaskManager } from '../src/index.ts'
import { eventsOf, managerFor, until } from './support/test-manager.ts'

const asked = (context: TaskContext): Promise<InputResult<{ size: number }>> =>
  context.waitForInput({ id: 'size', prompt: 'How large?', schema: z.object({ size: z.int().min(1) }) })

async function isOpen(manager: TaskManager, taskId: string): Promise<boolean> {
  const { blocks } = reduceEvents(initialBlocks, await eventsOf(manager, taskId))
  return blocks.some((block) => block.type === 'input' && block.outcome === null)
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: { code: string }) => error.code,
  )

describe('ctx.waitForInput', () => {
  it('asks, refuses what does not fit, takes the first answer, and is harmless to repeat', async () => {
    const manager = managerFor(asked)
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    const answer = (value: unknown, id = 'size'): Promise<unknown> =>
      codeOf(manager.answerInput(task.id, { id, value, actor: 'u1' }))
    expect(await answer({ size: 'big' })).toBe('invalid_input')
    expect(await answer({ size: 3 }, 'other')).toBe('input_not_found')
    expect(await answer({ size: 3 }, 'constructor')).toBe('input_not_found')
    expect(await answer({ size: 3 })).toMatchObject({ outcome: 'requested' })
    const record = await task.finished()
    expect(JSON.parse(record.result ?? '')).toEqual({ outcome: 'answered', value: { size: 3 } })
    expect(await answer({ size: 4 })).toMatchObject({ outcome: 'already_requested' })
    const { blocks } = reduceEvents(initialBlocks, await eventsOf(manager, task.id))
    expect(blocks).toMatchObject([
      { type: 'input', id: 'size', prompt: 'How large?', outcome: 'answered', value: { size: 3 } },
    ])
  })

  it('refuses a question whose answer no other node could check', async () => {
    let refusal: unknown
    const manager = managerFor(async ({ waitForInput }) => {
      refusal = await codeOf(waitForInput({ id: 'when', prompt: 'When?', schema: z.date() }))
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await task.finished()
    expect(refusal).toBe('invalid_event')
    expect((await eventsOf(manager, task.id)).map(({ type }) => type)).toEqual(['task_complete'])
  })

  it('is answered through another manager on the same store', async () => {
    const store = memoryStore()
    const runs = managerFor(asked, { store, limits: { stopCheckMs: 20 } })
    const answers = managerFor(() => null, { store })
    const task = await runs.create({ userId: 'u1', input: null })
    await until(() => isOpen(runs, task.id))
    await answers.answerInput(task.id, { id: 'size', value: { size: 1 }, actor: 'u1' })
    expect((await task.finished()).result).toContain('"answered"')
  })

  it('ends with the stop of the task, and with its own time', async () => {
    const results: unknown[] = []
    const manager = managerFor(async (context) => {
      results.push(await context.waitForInput({ id: 'soon', prompt: '?', expiresAt: Date.now() }))
      results.push(await asked(context))
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    await until(() => results.length === 1)
    expect(await codeOf(manager.answerInput(task.id, { id: 'soon', value: 1, actor: 'u1' }))).toBe(
      'input_closed',
    )
    await task.cancel()
    expect((await task.finished()).status).toBe('canceled')
    expect(results).toEqual([{ outcome: 'expired' }, { outcome: 'canceled' }])
    expect(await isOpen(manager, task.id)).toBe(false)
  })

  it('gives its place in the queue back while it waits, and takes one again', async () => {
    let running = 0
    let most = 0
    const busy = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    const manager = managerFor(
      async (context) => {
        await busy()
        if (context.input === 'asks') await asked(context)
        await busy()
        return 'done'
      },
      { concurrency: 1 },
    )
    const asking = await manager.create({ userId: 'u1', input: 'asks' })
    await until(() => isOpen(manager, asking.id))
    const others = await Promise.all(['u2', 'u3'].map((userId) => manager.create({ userId, input: 'works' })))
    expect((await others[0]?.finished())?.status).toBe('succeeded')
    await manager.answerInput(asking.id, { id: 'size', value: { size: 2 }, actor: 'u1' })
    expect((await asking.finished()).result).toBe('"done"')
    await others[1]?.finished()
    expect(most).toBe(1)
  })

  it('refuses an answer whose schema says more than JSON schema can, with a clear end of the task', async () => {
    const even = z.number().refine((n) => n % 2 === 0, 'must be even')
    const manager = managerFor(({ waitForInput }) =>
      waitForInput({ id: 'n', prompt: 'An even one', schema: even }),
    )
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    await manager.answerInput(task.id, { id: 'n', value: 3, actor: 'u1' })
    expect((await task.finished()).error).toContain('does not fit its schema')
  })
})

describe('a tool call that is canceled alone', () => {
  it('leaves its result, and the task goes on', async () => {
    const contents: string[] = []
    const manager = managerFor(async ({ tool }) => {
      const long = await tool({ id: 'long', name: 'sleep' }, () => new Promise(() => {}))
      const next = await tool({ id: 'next', name: 'add' }, () => 3)
      contents.push(long.content, next.content)
      return 'went on'
    })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(task.id))?.nextIdx === 1)
    expect(await codeOf(manager.cancelTool(task.id, 'other', { actor: 'u1' }))).toBe('tool_not_found')
    expect(await manager.cancelTool(task.id, 'long', { actor: 'u1' })).toMatchObject({ outcome: 'requested' })
    expect(await task.finished()).toMatchObject({ status: 'succeeded', result: '"went on"' })
    expect(contents).toEqual(['cancelled by user', '3'])
    const { blocks } = reduceEvents(initialBlocks, await eventsOf(manager, task.id))
    expect(blocks).toMatchObject([
      { id: 'long', status: 'canceled', result: 'cancelled by user' },
      { id: 'next', status: 'completed', result: 3 },
    ])
    expect(await codeOf(manager.cancelTool(task.id, 'long', { actor: 'u1' }))).toBe('tool_not_found')
  })
})
