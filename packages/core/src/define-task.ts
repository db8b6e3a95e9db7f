import type { z } from 'zod'
import { checkDefinition } from './check-definition.ts'
import type { CustomEvents, TaskContext } from './task-context.ts'

/** Zod schemas of the application's own events, by type. */
export type EventSchemas = Record<string, z.ZodType>

/** Data of the application's own events, as its schemas accept it. */
export type EventsOf<Schemas extends EventSchemas> = { [Type in keyof Schemas]: z.input<Schemas[Type]> }

/** Whose task it is. */
export interface TaskOwner {
  userId: string
  workspaceId: string
}

/** A kind of task: what it takes and how it runs. */
export interface TaskDefinition<
  Input extends z.ZodType = z.ZodType,
  Result = unknown,
  Schemas extends EventSchemas = EventSchemas,
> {
  /** Name of the type: 1 to 64 letters, digits, `_`, `-` or `.`. */
  readonly type: string
  /** Checks what a create was given; its output is what `run` gets, so it must survive JSON. */
  readonly input: Input
  /**
   * Schemas of the application's own events (`x_…` by custom). When given, `emit` refuses any other type that is
   * not built in.
   */
  readonly events?: Schemas
  /**
   * The key, among the user's own, that holds one active task at a time; `null` for no limit. Default: the workspace.
   */
  readonly scope?: (owner: TaskOwner, input: z.output<Input>) => string | null
  /** The public fields that lists show; a string `message` becomes `TaskInfo.message`. Default: none. */
  readonly summary?: (input: z.output<Input>) => Readonly<Record<string, unknown>>
  /** The conversation that the task belongs to. Default: none. */
  readonly conversationId?: (input: z.output<Input>) => string | null
  /**
   * What becomes of a task whose process died: `fail` ends it with the code `interrupted`; `retry` runs it again, from
   * `lastCheckpoint` on, at most `maxAttempts` times. Default `fail`: only the definition knows whether its tools may
   * run twice.
   */
  readonly onInterrupted?: 'fail' | 'retry'
  /** Runs that a task with `onInterrupted: 'retry'` gets at most. Default 3. */
  readonly maxAttempts?: number
  /** Milliseconds from the create after which the task ends as failed with the code `timeout`. Default: no limit. */
  readonly timeoutMs?: number
  /**
   * `connection`: the task is stopped when the last of its user's connections that `TaskManager.openConnection` was told
   * of has been closed for 10 s. Default `detached`: no connection has a say.
   */
  readonly lifetime?: 'detached' | 'connection'
  /** Tasks of higher priority run first where there is a queue. Default 0. */
  readonly priority?: number
  /**
   * What a create does while its scope is taken: `reject` it, `attach` it to the running task, `queue` it behind that
   * one, or `replace` it, which stops it and everything queued. Default `reject`.
   */
  readonly onConflict?: 'reject' | 'attach' | 'queue' | 'replace'
  /** Tasks that may be queued per scope with `onConflict: 'queue'`. Default 10. */
  readonly maxQueued?: number
  /** Bytes that a create's body may have over HTTP. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Does the work. What it returns becomes the task's result and must survive JSON. */
  run(context: TaskContext<z.output<Input>, EventsOf<Schemas>>): Result | PromiseLike<Result>
}

/** A definition whose types have been erased, as a manager holds it. */
export type AnyTaskDefinition = Omit<TaskDefinition, 'scope' | 'summary' | 'conversationId' | 'run'> & {
  readonly scope?: (owner: TaskOwner, input: never) => string | null
  readonly summary?: (input: never) => Readonly<Record<string, unknown>>
  readonly conversationId?: (input: never) => string | null
  run(context: TaskContext<never, CustomEvents>): unknown
}

/**
 * Declares a type of task.
 *
 * @example
 * ```ts
 * const resize = defineTask({
 *   type: 'resize',
 *   input: z.object({ files: z.array(z.string()) }),
 *   async run({ input, progress, signal }) {
 *     for (const [done, file] of input.files.entries()) {
 *       progress({ done, total: input.files.length })
 *       await resizeFile(file, { signal })
 *     }
 *     return { count: input.files.length }
 *   },
 * })
 * ```
 * @throws TaskError `invalid_definition`
 */
export function defineTask<
  Input extends z.ZodType,
  Result,
  Schemas extends EventSchemas = Record<never, never>,
>(definition: TaskDefinition<Input, Result, Schemas>): TaskDefinition<Input, Result, Schemas> {
  checkDefinition(definition)
  return definition
}
