import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { initialBlocks, reduceEvents } from '../src/blocks/index.ts'
import { type Clock, systemClock } from '../src/clock.ts'
import { type InputResult, memoryStore, type TaskContext, type TaskManager } from '../src/index.ts'
import { eventsOf, fired, managerFor, until } from './support/test-manager.ts'

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

  it('takes one place in the queue, however many questions are open', async () => {
    const manager = managerFor(
      async ({ waitForInput }) => {
        const ask = (id: string) => waitForInput({ id, prompt: `${id}?` })
        return Promise.all([ask('a'), ask('b')])
      },
      { concurrency: 1 },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    for (const id of ['a', 'b']) {
      const answer = (): Promise<unknown> =>
        codeOf(manager.answerInput(task.id, { id, value: id, actor: 'u1' }))
      await until(async () => (await answer()) !== 'input_not_found')
    }
    expect((await task.finished()).status).toBe('succeeded')
  })

  it('lets a run whose question is answered end while the manager closes', async () => {
    const store = memoryStore()
    const manager = managerFor(asked, { store, concurrency: 1 })
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    const closing = manager.close({ drainMs: 60_000 })
    await manager.answerInput(task.id, { id: 'size', value: { size: 2 }, actor: 'u1' })
    await closing
    expect((await store.getTask(task.id))?.status).toBe('succeeded')
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

  it('refuses an answer that fits into no event, or is no JSON, and goes on waiting for another one', async () => {
    const manager = managerFor(({ waitForInput }) => waitForInput({ id: 'a', prompt: 'A text?' }))
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    const answer = (value: unknown): Promise<unknown> =>
      codeOf(manager.answerInput(task.id, { id: 'a', value, actor: 'u1' }))
    const deep: unknown = JSON.parse('['.repeat(200) + ']'.repeat(200))
    for (const value of ['x'.repeat(300_000), 'é'.repeat(129_100), 12n, () => 1, deep]) {
      expect(await answer(value)).toBe('invalid_input')
    }
    expect(await answer('x'.repeat(258_000))).toMatchObject({ outcome: 'requested' })
    expect((await task.finished()).status).toBe('succeeded')
  })

  it('gives the answer to everybody who waits for it', async () => {
    const question = { id: 'a', prompt: 'A number?' }
    const manager = managerFor(({ waitForInput }) =>
      Promise.all([waitForInput(question), waitForInput(question)]),
    )
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(task.id))?.nextIdx === 2)
    await manager.answerInput(task.id, { id: 'a', value: 1, actor: 'u1' })
    const answered = { outcome: 'answered', value: 1 }
    expect(JSON.parse((await task.finished()).result ?? '')).toEqual([answered, answered])
  })

  it.each([
    ['without regard to case', z.string().regex(/^a+$/i), 'AAA'],
    ['of unicode classes', z.string().regex(/^\p{L}+$/u), 'é'],
    ['of a format', z.emoji(), '😀'],
    ['beside another one', z.object({ a: z.string().regex(/^a/i).regex(/b$/) }), { a: 'Ab' }],
    ['in a union', z.union([z.number(), z.string().regex(/^a$/i)]), 'A'],
    ['that is checked asynchronously', z.string().refine(async (text) => text === 'b'), 'b'],
  ])('takes a fitting answer to a pattern %s', async (_, schema: z.ZodType, value) => {
    const manager = managerFor(({ waitForInput }) => waitForInput({ id: 'a', prompt: '?', schema }))
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    await manager.answerInput(task.id, { id: 'a', value, actor: 'u1' })
    expect(JSON.parse((await task.finished()).result ?? '')).toEqual({ outcome: 'answered', value })
  })

  it('still refuses at once what does not fit a pattern without flags', async () => {
    const schema = z.string().regex(/^a/i).regex(/b$/)
    const manager = managerFor(({ waitForInput }) => waitForInput({ id: 'a', prompt: '?', schema }))
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => isOpen(manager, task.id))
    expect(await codeOf(manager.answerInput(task.id, { id: 'a', value: 'Ac', actor: 'u1' }))).toBe(
      'invalid_input',
    )
    await task.cancel()
  })

  it('ends with the run that asked, without a timer and without a trace of its own', async () => {
    const timers = new Set<number>()
    const clock: Clock = {
      ...systemClock,
      schedule(callback, ms, options) {
        timers.add(ms)
        const cancel = systemClock.schedule(callback, ms, options)
        return () => {
          timers.delete(ms)
          cancel()
        }
      },
    }
    let abandoned: Promise<unknown> = Promise.resolve()
    let late: Promise<unknown> = Promise.resolve()
    const isQuestions = (ms: number): boolean => ms > 50_000 && ms <= 60_000
    const manager = managerFor(
      async ({ waitForInput, signal }) => {
        abandoned = waitForInput({ id: 'a', prompt: '?', expiresAt: Date.now() + 60_000 })
        late = abandoned.then(() => waitForInput({ id: 'b', prompt: '?' }))
        await until(() => [...timers].some(isQuestions))
        return signal.aborted
      },
      { clock },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect(await task.finished()).toMatchObject({ status: 'succeeded', result: 'false' })
    expect([...timers].filter(isQuestions)).toEqual([])
    expect([await abandoned, await late]).toEqual([{ outcome: 'canceled' }, { outcome: 'canceled' }])
    expect((await eventsOf(manager, task.id)).map(({ type }) => type)).toEqual([
      'input_request',
      'input_response',
      'task_complete',
    ])
  })

  it.each([
    ['an end that is not a number', { expiresAt: Number.NaN }],
    ['an end that is a text', { expiresAt: '2030-01-01' as unknown as number }],
    ['an id that is too long', { id: 'i'.repeat(1_025) }],
    ['an empty id', { id: '' }],
    ['a schema that is too large', { schema: z.enum(Array.from({ length: 2_000 }, (_, i) => `city ${i}`)) }],
  ])('refuses a question with %s', async (_, fields) => {
    let refusal: unknown
    const manager = managerFor(async ({ waitForInput }) => {
      refusal = await codeOf(waitForInput({ id: 'a', prompt: '?', ...fields }))
    })
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    expect(refusal).toBe('invalid_event')
    expect((await eventsOf(manager, task.id)).map(({ type }) => type)).toEqual(['task_complete'])
  })

  it('asks no more at a time than can be answered, and has room again when they were', async () => {
    const schema = z.enum(Array.from({ length: 150 }, (_, i) => `city ${i}`))
    const manager = managerFor(
      async ({ waitForInput, checkpoint, emit }) => {
        await checkpoint('"'.repeat(8_000))
        for (let i = 0; i < 750; i++) emit('text_start', { id: `t${i}` })
        const ask = (id: string): Promise<unknown> => codeOf(waitForInput({ id, prompt: '?', schema }))
        const all = Array.from({ length: 40 }, (_, i) => ask(`q${i}`))
        for (let i = 750; i < 1_500; i++) emit('text_start', { id: `t${i}` })
        const outcomes = await Promise.all(all)
        return [outcomes.filter((outcome) => outcome === 'invalid_event').length, await ask('again')]
      },
      { limits: { maxEvents: 5_000 } },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    const idsOf = async (): Promise<string[]> =>
      (await eventsOf(manager, task.id)).flatMap(({ type, data }) =>
        type === 'input_request' ? [(data as { id: string }).id] : [],
      )
    await until(async () => (await manager.get(task.id))?.nextIdx === 1_500 + (await idsOf()).length)
    const asked = await idsOf()
    expect(asked.length).toBeGreaterThan(5)
    const answers = asked.map((id) =>
      codeOf(manager.answerInput(task.id, { id, value: 'city 1', actor: 'u1' })),
    )
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ outcome: 'requested' })
    await until(async () => (await idsOf()).includes('again'))
    await manager.answerInput(task.id, { id: 'again', value: 'city 2', actor: 'u1' })
    expect(JSON.parse((await task.finished()).result ?? '')).toEqual([
      40 - asked.length,
      { outcome: 'answered', value: 'city 2' },
    ])
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

  it('is not canceled by a wish that came too late for an earlier call with its id', async () => {
    const store = memoryStore()
    const manager = managerFor(
      async ({ tool, taskId, emit, flush }) => {
        const late = { kind: 'cancel_tool', key: 'tool:c1', actor: 'u1' } as const
        const outcomes: string[] = []
        for (const isKnown of [false, true]) {
          await tool({ id: 'c1', name: 'add' }, () => 3)
          outcomes.push((await store.signal(taskId, late)).outcome)
          // The store's answer brings it.
          if (isKnown) emit('x_note', {})
          await flush()
          const next = await tool({ id: 'c1', name: 'add' }, () => 4)
          outcomes.push(next.status)
        }
        return outcomes
      },
      { store },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect(JSON.parse((await task.finished()).result ?? '')).toEqual([
      'accepted',
      'completed',
      'accepted',
      'completed',
    ])
  })

  it('may be canceled again in the next attempt, and is not by the wishes of the last one', async () => {
    const store = memoryStore()
    const calls: { id: string; status: string }[] = []
    const isCalled = new Set<string>()
    const attempt = (): TaskManager => {
      isCalled.clear()
      return managerFor(
        async ({ tool, signal }) => {
          for (const id of ['long', 'short']) {
            const run = (): unknown => isCalled.add(id) && (id === 'long' ? new Promise(() => {}) : 'done')
            calls.push({ id, status: (await tool({ id, name: id }, run)).status })
          }
          if (calls.length === 2) await fired(signal)
        },
        { store },
        { onInterrupted: 'retry' },
      )
    }
    const first = attempt()
    const { id } = await first.create({ userId: 'u1', input: null })
    await until(() => isCalled.has('long'))
    await first.cancelTool(id, 'long', { actor: 'u1' })
    await until(() => calls.length === 2)
    await store.signal(id, { kind: 'cancel_tool', key: 'tool:short', actor: 'u1' })
    await first.close({ drainMs: 0 })
    const second = attempt()
    await until(() => isCalled.has('long'))
    expect(await second.cancelTool(id, 'long', { actor: 'u1' })).toMatchObject({ outcome: 'requested' })
    await until(async () => (await second.get(id))?.status === 'succeeded')
    const once = [
      { id: 'long', status: 'canceled' },
      { id: 'short', status: 'completed' },
    ]
    expect(calls).toEqual([...once, ...once])
  })
})
