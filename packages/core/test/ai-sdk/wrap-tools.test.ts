import { smoothStream, stepCountIs, streamText, type ToolSet, tool } from 'ai'
import type { MockLanguageModelV3 } from 'ai/test'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { forwardAiSdkStream, wrapTools } from '../../src/ai-sdk/index.ts'
import { type Block, blockFold } from '../../src/blocks/index.ts'
import type { TaskContext, TaskManager } from '../../src/index.ts'
import { eventsOf, fired, managerFor } from '../support/test-manager.ts'
import { calls, finishes, says, scriptedModel } from './scripted-model.ts'

const inputSchema = z.object({ city: z.string() })

/** A manager whose tasks let the SDK run the model and its tools. */
function agentFor(model: MockLanguageModelV3, tools: ToolSet, signal?: AbortSignal): TaskManager {
  return managerFor((ctx: TaskContext) => {
    const { fullStream } = streamText({
      model,
      prompt: 'What is the weather?',
      tools: wrapTools(ctx, tools),
      stopWhen: stepCountIs(5),
      abortSignal: signal ?? ctx.signal,
      onError: () => {},
    })
    return forwardAiSdkStream(ctx, fullStream)
  })
}

async function blocksOf(manager: TaskManager, taskId: string): Promise<readonly Block[]> {
  return blockFold.reduce(blockFold.initial, await eventsOf(manager, taskId)).blocks
}

/** The tool messages of the prompt that led to the model's n-th answer. */
function toolResults(model: MockLanguageModelV3, answer: number): unknown[] {
  const messages = model.doStreamCalls[answer]?.prompt ?? []
  return messages
    .flatMap(({ role, content }) => (role === 'tool' ? content : []))
    .map((part) => part.type === 'tool-result' && part.output)
}

describe('tools that the AI SDK runs', () => {
  it('are written once, by the task, over several steps', async () => {
    const model = scriptedModel(
      [...says('Let me look. '), ...calls('c1', 'weather', { city: 'Oslo' }), finishes('tool-calls')],
      [...calls('c2', 'weather', { city: 'Rome' }), finishes('tool-calls')],
      [...says('Rome is warmer.'), finishes('stop')],
    )
    const degrees: Record<string, number> = { Oslo: 3, Rome: 21 }
    const weather = tool({ inputSchema, execute: ({ city }) => ({ degrees: degrees[city] }) })
    const manager = agentFor(model, { weather })
    const task = await manager.create({ userId: 'u1', input: {} })
    const { result } = await task.finished()

    expect(JSON.parse(result ?? '')).toMatchObject({ text: 'Rome is warmer.', finishReason: 'stop' })
    expect(await blocksOf(manager, task.id)).toMatchObject([
      { type: 'text', content: 'Let me look. ', open: false },
      {
        type: 'tool',
        id: 'c1',
        name: 'weather',
        status: 'completed',
        arguments: { city: 'Oslo' },
        argumentsText: '{"city":"Oslo"}',
        result: { degrees: 3 },
      },
      { type: 'tool', id: 'c2', status: 'completed', arguments: { city: 'Rome' }, result: { degrees: 21 } },
      { type: 'text', content: 'Rome is warmer.', open: false },
    ])
    const written = (await eventsOf(manager, task.id)).filter(
      ({ data }) => (data as { id?: string }).id === 'c1',
    )
    expect(written.map(({ type }) => type).filter((type) => type !== 'tool_preparing')).toEqual([
      'tool_start',
      'update_action',
    ])
    expect(toolResults(model, 2)).toEqual([
      { type: 'json', value: { degrees: 3 } },
      { type: 'json', value: { degrees: 21 } },
    ])
  })

  it('leave "cancelled by user" when the task is stopped in the middle, though they ignore their signal', async () => {
    const model = scriptedModel([...calls('c1', 'weather', { city: 'Oslo' }), finishes('tool-calls')])
    let started = (): void => {}
    const isRunning = new Promise<void>((resolve) => {
      started = resolve
    })
    const execute = (): Promise<string> => {
      started()
      return new Promise(() => {})
    }
    const manager = agentFor(model, { weather: tool({ inputSchema, execute }) })
    const task = await manager.create({ userId: 'u1', input: {} })
    await isRunning
    await task.cancel({ actor: 'u1' })
    const { status } = await task.finished()

    expect(status).toBe('canceled')
    expect(model.doStreamCalls).toHaveLength(1)
    expect(await blocksOf(manager, task.id)).toMatchObject([
      {
        type: 'tool',
        id: 'c1',
        status: 'canceled',
        arguments: { city: 'Oslo' },
        result: 'cancelled by user',
      },
    ])
    const types = (await eventsOf(manager, task.id)).map(({ type }) => type)
    expect(types.filter((type) => type === 'task_complete')).toHaveLength(1)
    expect(types.at(-1)).toBe('task_complete')
  })

  it('that throw are failed for the screen and a tool error for the model', async () => {
    const model = scriptedModel(
      [...calls('c1', 'weather', { city: 'Oslo' }), finishes('tool-calls')],
      [...says('I could not look.'), finishes('stop')],
    )
    const execute = (): string => {
      throw new Error('the station is down')
    }
    const manager = agentFor(model, { weather: tool({ inputSchema, execute }) })
    const task = await manager.create({ userId: 'u1', input: {} })
    expect((await task.finished()).status).toBe('succeeded')

    expect((await blocksOf(manager, task.id))[0]).toMatchObject({
      status: 'failed',
      message: 'the station is down',
    })
    expect(toolResults(model, 1)).toEqual([{ type: 'error-text', value: 'the station is down' }])
  })

  it('show what they yield, and give the model the last of it', async () => {
    const model = scriptedModel(
      [...calls('c1', 'weather', { city: 'Oslo' }), finishes('tool-calls')],
      [...says('Three.'), finishes('stop')],
    )
    async function* execute(): AsyncGenerator<string> {
      yield 'looking'
      yield '3 degrees'
    }
    const manager = agentFor(model, { weather: tool({ inputSchema, execute }) })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.finished()

    const updates = (await eventsOf(manager, task.id)).filter(({ type }) => type === 'update_action')
    expect(updates.map(({ data }) => data)).toMatchObject([
      { status: 'running', result: 'looking' },
      { status: 'running', result: '3 degrees' },
      { status: 'completed', result: '3 degrees' },
    ])
    expect(toolResults(model, 1)).toEqual([{ type: 'text', value: '3 degrees' }])
  })

  it('never start when the model gave them what they do not take; the block keeps it as text', async () => {
    const model = scriptedModel(
      [...calls('c1', 'weather', { town: 'Oslo' }), finishes('tool-calls')],
      [...says('Sorry.'), finishes('stop')],
    )
    let runs = 0
    const execute = (): number => {
      runs += 1
      return runs
    }
    const manager = agentFor(model, { weather: tool({ inputSchema, execute }) })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.finished()

    const [block] = await blocksOf(manager, task.id)
    expect(block).toMatchObject({ status: 'failed', arguments: null, argumentsText: '{"town":"Oslo"}' })
    expect(block).toHaveProperty('message', expect.stringContaining('Invalid input for tool weather'))
    expect(runs).toBe(0)
  })

  it('have a signal that the SDK’s own abort fires too', async () => {
    const model = scriptedModel([...calls('c1', 'weather', { city: 'Oslo' }), finishes('tool-calls')])
    const abort = new AbortController()
    let reason: unknown
    const weather = tool({
      inputSchema,
      execute: async (_input, { abortSignal }) => {
        abort.abort(new Error('enough'))
        if (abortSignal !== undefined) await fired(abortSignal)
        reason = abortSignal?.reason
        return 'aborted'
      },
    })
    const manager = agentFor(model, { weather }, abort.signal)
    const task = await manager.create({ userId: 'u1', input: {} })
    expect((await task.finished()).status).toBe('succeeded')
    expect(reason).toEqual(new Error('enough'))
  })
})

describe('the log', () => {
  it('is in the order of the stream, however late the SDK hands out the text before a call', async () => {
    const model = scriptedModel(
      [
        ...says('Let me look at that for you. '),
        ...calls('c1', 'weather', { city: 'Oslo' }),
        finishes('tool-calls'),
      ],
      [...says('Done.'), finishes('stop')],
    )
    const weather = tool({ inputSchema, execute: () => 3 })
    const manager = managerFor((ctx: TaskContext) => {
      const { fullStream } = streamText({
        model,
        prompt: 'What is the weather?',
        tools: wrapTools(ctx, { weather }),
        stopWhen: stepCountIs(5),
        abortSignal: ctx.signal,
        experimental_transform: smoothStream({ delayInMs: 5 }),
      })
      return forwardAiSdkStream(ctx, fullStream)
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.finished()
    const marks = (await eventsOf(manager, task.id))
      .map(({ type }) => type)
      .filter((type) => !type.endsWith('_chunk'))
    expect(marks).toEqual([
      'text_start',
      'text_end',
      'tool_preparing',
      'tool_preparing',
      'tool_preparing',
      'tool_start',
      'update_action',
      'token_update',
      'text_start',
      'text_end',
      'token_update',
      'task_complete',
    ])
  })

  it('takes in the tools of a nested agent, whose own stream nobody forwards', async () => {
    const outer = scriptedModel(
      [...calls('c1', 'delegate', { city: 'Oslo' }), finishes('tool-calls')],
      [...says('Three.'), finishes('stop')],
    )
    const manager = managerFor((ctx: TaskContext) => {
      const weather = tool({ inputSchema, execute: () => 3 })
      const delegate = tool({
        inputSchema,
        execute: async () => {
          const inner = scriptedModel([...calls('c2', 'weather', { city: 'Oslo' }), finishes('tool-calls')])
          const result = streamText({ model: inner, prompt: 'Look.', tools: wrapTools(ctx, { weather }) })
          return (await result.toolResults).map(({ output }) => output)
        },
      })
      const { fullStream } = streamText({
        model: outer,
        prompt: 'What is the weather?',
        tools: wrapTools(ctx, { delegate }),
        stopWhen: stepCountIs(5),
      })
      return forwardAiSdkStream(ctx, fullStream)
    })
    const task = await manager.create({ userId: 'u1', input: {} })
    await task.finished()
    expect(await blocksOf(manager, task.id)).toMatchObject([
      { id: 'c1', status: 'completed', result: [3] },
      { id: 'c2', status: 'completed', result: 3 },
      { type: 'text', content: 'Three.' },
    ])
  })
})

describe('a stream with an error in its middle', () => {
  it('ends the task as failed and keeps what came before, a half-written tool call too', async () => {
    const model = scriptedModel([
      ...says('So far '),
      { type: 'tool-input-start', id: 'c1', toolName: 'weather' },
      { type: 'tool-input-delta', id: 'c1', delta: '{"ci' },
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ])
    const manager = agentFor(model, { weather: tool({ inputSchema, execute: () => 1 }) })
    const task = await manager.create({ userId: 'u1', input: {} })
    expect((await task.finished()).status).toBe('failed')

    expect(await blocksOf(manager, task.id)).toMatchObject([
      { type: 'text', content: 'So far ', open: false },
      { type: 'tool', id: 'c1', status: 'failed', arguments: null, argumentsText: '{"ci' },
      { type: 'error', message: 'Overloaded' },
    ])
  })
})

describe('wrapTools', () => {
  it('passes tools without execute through', () => {
    const ask = tool({ inputSchema })
    expect(wrapTools({ tool: () => Promise.reject(new Error('nothing runs')) }, { ask }).ask).toBe(ask)
  })

  it('keeps "cancelled by user" from the tool’s own toModelOutput, which expects what the tool returns', async () => {
    const canceled = {
      status: 'canceled',
      content: 'cancelled by user',
      role: 'tool',
      tool_call_id: 'c1',
    } as const
    const weather = tool({
      inputSchema,
      execute: () => ({ degrees: 3 }),
      toModelOutput: ({ output }) => ({ type: 'text', value: `${output.degrees.toFixed(1)} degrees` }),
    })
    const wrapped = wrapTools({ tool: () => Promise.resolve(canceled) }, { weather }).weather
    const input = { city: 'Oslo' }
    const output = await wrapped.execute?.(input, { toolCallId: 'c1', messages: [] })
    expect(output).toBe('cancelled by user')
    expect(wrapped.toModelOutput?.({ toolCallId: 'c1', input, output: { degrees: 0 } })).toEqual({
      type: 'text',
      value: 'cancelled by user',
    })
    expect(wrapped.toModelOutput?.({ toolCallId: 'c2', input, output: { degrees: 3 } })).toEqual({
      type: 'text',
      value: '3.0 degrees',
    })
  })
})
