import {
  type EmittableEvents,
  type InputResult,
  type ProgressReport,
  runCommand,
  type TaskContext,
  type ToolCall,
  type ToolFunction,
  type ToolResult,
  type ToolUpdate,
} from '@outlast/core'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'

type Row = { x_row: { number: number } }

test('a run knows its task', () => {
  type Functions = 'emit' | 'flush' | 'tool' | 'waitForInput' | 'checkpoint' | 'progress'
  expectTypeOf<Omit<TaskContext<string, Row>, Functions>>().toEqualTypeOf<{
    readonly taskId: string
    readonly type: string
    readonly userId: string
    readonly workspaceId: string
    readonly conversationId: string | null
    readonly input: string
    readonly session: unknown
    readonly attempt: number
    readonly signal: AbortSignal
    readonly lastCheckpoint: unknown
  }>()
  expectTypeOf<TaskContext['flush']>().toEqualTypeOf<() => Promise<void>>()
  expectTypeOf<TaskContext['checkpoint']>().toEqualTypeOf<(value: unknown) => Promise<void>>()
  expectTypeOf<TaskContext['progress']>().toEqualTypeOf<(report: ProgressReport) => void>()
})

test('the functions of a context may be taken out of it and handed on', () => {
  type Emit = <Type extends keyof EmittableEvents<Row> & string>(
    type: Type,
    data: EmittableEvents<Row>[Type],
  ) => boolean
  expectTypeOf<TaskContext<string, Row>['emit']>().toEqualTypeOf<Emit>()
  const report = (progress: TaskContext['progress']) => progress({ done: 1, total: 2, eta_ms: null })
  // @ts-expect-error progress is a part of a whole
  const half = (progress: TaskContext['progress']) => progress({ done: 1 })
  void [report, half]
})

test('the status of a tool call says what else its result holds', async () => {
  const { tool } = {} as TaskContext
  const result = await tool({ id: '1', name: 'count' }, () => 3)
  expectTypeOf(result).toEqualTypeOf<ToolResult<number>>()
  expectTypeOf(result.status).toEqualTypeOf<'completed' | 'failed' | 'canceled'>()
  expectTypeOf(result.content).toEqualTypeOf<string>()
  expectTypeOf(result.role).toEqualTypeOf<'tool'>()
  expectTypeOf(result.tool_call_id).toEqualTypeOf<string>()
  expectTypeOf(result.value).toEqualTypeOf<number | undefined>()
  switch (result.status) {
    case 'completed':
      expectTypeOf(result.value).toEqualTypeOf<number>()
      expectTypeOf(result.error).toEqualTypeOf<undefined>()
      break
    case 'failed':
      expectTypeOf(result.value).toEqualTypeOf<undefined>()
      expectTypeOf(result.error).toEqualTypeOf<unknown>()
      break
    case 'canceled':
      expectTypeOf(result.value).toEqualTypeOf<undefined>()
      expectTypeOf(result.error).toEqualTypeOf<undefined>()
      break
    default:
      expectTypeOf(result).toEqualTypeOf<never>()
  }
})

test('a tool may be asynchronous, is given a signal, and reports in a fixed shape', async () => {
  const { tool } = {} as TaskContext
  const call: ToolCall = {
    id: '1',
    name: 'search',
    input: { query: 'x' },
    intent: 'to find',
    timeout: Infinity,
  }
  const result = await tool(call, async (signal, report) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(report).toEqualTypeOf<(update: ToolUpdate) => void>()
    report({ message: 'asking', progress: 0.5, result: ['a'] })
    // @ts-expect-error progress is a number
    report({ progress: 'half' })
    return ['a', 'b'] as const
  })
  expectTypeOf(result).toEqualTypeOf<ToolResult<readonly ['a', 'b']>>()
  expectTypeOf(await tool(call, () => undefined)).toEqualTypeOf<ToolResult<undefined>>()
  expectTypeOf<ToolFunction<string>>().returns.toEqualTypeOf<string | PromiseLike<string>>()
  // @ts-expect-error a call has an id
  void tool({ name: 'search' }, () => 3)
  // @ts-expect-error a call has a function
  void tool({ id: '1', name: 'search' })
})

test('an answer has the type that its schema makes of it, once it was given', async () => {
  const { waitForInput } = {} as TaskContext
  const size = await waitForInput({
    id: 'size',
    prompt: 'How large?',
    schema: z.object({ width: z.number(), unit: z.string().default('px') }),
    expiresAt: 0,
  })
  expectTypeOf(size).toEqualTypeOf<InputResult<{ width: number; unit: string }>>()
  expectTypeOf(size.outcome).toEqualTypeOf<'answered' | 'expired' | 'canceled'>()
  if (size.outcome === 'answered') expectTypeOf(size.value).toEqualTypeOf<{ width: number; unit: string }>()
  // @ts-expect-error nobody has answered yet
  void size.value
  const anything = await waitForInput({ id: 'any', prompt: 'What?' })
  expectTypeOf(anything).toEqualTypeOf<InputResult<unknown>>()
  // @ts-expect-error a question has a prompt
  void waitForInput({ id: 'size' })
})

test('a command needs a signal and a folder', async () => {
  const { signal } = {} as TaskContext
  expectTypeOf(await runCommand('npm', ['test'], { cwd: '.', signal })).toEqualTypeOf<{
    exitCode: number | null
    signal: string | null
    output: string
    truncated: boolean
  }>()
  // @ts-expect-error without a signal nothing could stop it
  void runCommand('npm', ['test'], { cwd: '.' })
  // @ts-expect-error not in whatever folder this process happens to be in
  void runCommand('npm', ['test'], { signal })
})
