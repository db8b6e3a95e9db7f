import {
  type AnyTaskDefinition,
  type CancelResult,
  type ChangeOutcome,
  type Clock,
  defineTask,
  type ErrorStage,
  type Fold,
  type LifecycleEvents,
  type ManagerStats,
  memoryStore,
  type ReadPage,
  type StopFlag,
  type StopFlags,
  type TaskHandle,
  TaskManager,
  type TaskManagerOptions,
  type TaskRecord,
  type TaskStore,
} from '@outlast/core'
import type { StopInfo } from '@outlast/core/protocol'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const length = defineTask({ type: 'length', input: z.string(), run: ({ input }) => input.length })
const sum = defineTask({ type: 'sum', input: z.array(z.number()), run: ({ input }) => input.length })

test('a manager needs its tasks, and has a default for all else', () => {
  expectTypeOf(new TaskManager({ tasks: [length, sum] }).definitions).toEqualTypeOf<
    ReadonlyMap<string, AnyTaskDefinition>
  >()
  const counts: Fold<Record<string, number>> = { name: 'counts@1', initial: {}, reduce: (state) => state }
  void new TaskManager({
    tasks: [length],
    store: memoryStore({ now: () => 0 }),
    concurrency: 8,
    fold: counts,
    retention: { keepMs: 1_000, keepPerUser: 5 },
    limits: { maxEvents: 2_000, leaseMs: 20_000 },
    onError(error, { stage, taskId }) {
      expectTypeOf(error).toEqualTypeOf<unknown>()
      expectTypeOf(stage).toEqualTypeOf<ErrorStage>()
      expectTypeOf(taskId).toEqualTypeOf<string | undefined>()
    },
    clock: {} as Clock,
  })
  void new TaskManager({ tasks: [length], fold: null })
  expectTypeOf<Pick<TaskManagerOptions, 'tasks'>>().toEqualTypeOf<{ tasks: readonly AnyTaskDefinition[] }>()
  expectTypeOf<{ tasks: [] }>().toExtend<TaskManagerOptions>()
  // @ts-expect-error a manager knows its tasks
  void new TaskManager({})
  // @ts-expect-error no such limit
  void new TaskManager({ tasks: [], limits: { maxEvent: 1 } })
  // @ts-expect-error a definition is more than its type
  void new TaskManager({ tasks: [{ type: 'length' }] })
})

test('a create names the user and the input, the type only where there are several', async () => {
  const one = new TaskManager({ tasks: [length] })
  const several = new TaskManager({ tasks: [length, sum] })
  expectTypeOf(await one.create({ userId: 'u1', input: 'text' })).toEqualTypeOf<TaskHandle>()
  expectTypeOf(
    await several.create({
      type: 'sum',
      userId: 'u1',
      input: [1],
      workspaceId: undefined,
      session: { locale: 'en' },
      idempotencyKey: 'once',
    }),
  ).toEqualTypeOf<TaskHandle>()
  // @ts-expect-error a task needs an owner
  void one.create({ input: 'x' })
  // @ts-expect-error a task needs an input
  void one.create({ userId: 'u1' })
  // @ts-expect-error the wire's spelling is not this one's
  void one.create({ userId: 'u1', input: 'x', workspace_id: 'w' })
})

test('a handle is held until the end', async () => {
  const handle = {} as TaskHandle
  expectTypeOf(handle.id).toEqualTypeOf<string>()
  expectTypeOf(handle.outcome).toEqualTypeOf<'created' | 'attached' | 'repeated'>()
  expectTypeOf(handle.task).toEqualTypeOf<TaskRecord>()
  expectTypeOf(await handle.finished({ signal: new AbortController().signal })).toEqualTypeOf<TaskRecord>()
  expectTypeOf(await handle.cancel()).toEqualTypeOf<CancelResult>()
  expectTypeOf(await handle.cancel({ reason: 'enough', actor: 'u2' })).toEqualTypeOf<CancelResult>()
  expectTypeOf<CancelResult['outcome']>().toEqualTypeOf<'requested' | 'already_requested' | 'finished'>()
  // @ts-expect-error a handle does not change
  handle.id = 'another'
})

test('reads answer records and pages, or null for an unknown task', async () => {
  const manager = new TaskManager({ tasks: [length] })
  expectTypeOf(await manager.get('1')).toEqualTypeOf<TaskRecord | null>()
  expectTypeOf(await manager.list({ userId: 'u1', status: ['pending', 'running'] })).toEqualTypeOf<{
    tasks: readonly TaskRecord[]
    nextCursor: string | null
  }>()
  expectTypeOf(
    await manager.read('1', { from: 0, folds: ['blocks@1'], prefer: 'smaller' }),
  ).toEqualTypeOf<ReadPage | null>()
  expectTypeOf(
    manager.subscribe('1', {}, (page) => expectTypeOf(page).toEqualTypeOf<ReadPage>()),
  ).toEqualTypeOf<() => void>()
  expectTypeOf(await manager.waitForChange('1', { revision: 1, waitMs: 0 })).toEqualTypeOf<ChangeOutcome>()
  expectTypeOf<ChangeOutcome>().toEqualTypeOf<'changed' | 'timeout' | 'aborted'>()
  expectTypeOf(await manager.stats()).toEqualTypeOf<ManagerStats>()
  // @ts-expect-error no such status
  void manager.list({ userId: 'u1', status: ['done'] })
  // @ts-expect-error lists are of one user
  void manager.list({})
})

test('whoever stops something says who it is', async () => {
  const manager = new TaskManager({ tasks: [length] })
  expectTypeOf(await manager.cancel('1', { actor: 'u1' })).toEqualTypeOf<CancelResult>()
  expectTypeOf(await manager.cancelUser('u1', { actor: 'admin', reason: 'blocked' })).toEqualTypeOf<number>()
  expectTypeOf(await manager.cancelTool('1', 'call', { actor: 'u1' })).toEqualTypeOf<CancelResult>()
  expectTypeOf(
    await manager.answerInput('1', { id: 'size', value: 3, actor: 'u1' }),
  ).toEqualTypeOf<CancelResult>()
  expectTypeOf(manager.openConnection('u1')).toEqualTypeOf<() => void>()
  expectTypeOf(manager.close({ drainMs: 0 })).toEqualTypeOf<Promise<void>>()
  // @ts-expect-error nobody stopped it
  void manager.cancel('1', {})
  // @ts-expect-error nobody stopped it
  void manager.cancelTool('1', 'call')
})

test('the flag of a run that is here can be found, and nothing can be set', () => {
  const { stopFlags } = new TaskManager({ tasks: [length] })
  expectTypeOf(stopFlags).toEqualTypeOf<StopFlags>()
  expectTypeOf(stopFlags.ofTask('1')).toEqualTypeOf<StopFlag | null>()
  expectTypeOf(stopFlags.ofUser('u1')).toEqualTypeOf<readonly StopFlag[]>()
  expectTypeOf(stopFlags.ofConnection('u1')).toEqualTypeOf<readonly StopFlag[]>()
  expectTypeOf<StopFlag>().toEqualTypeOf<{
    readonly taskId: string
    readonly userId: string
    readonly lifetime: 'detached' | 'connection'
    readonly signal: AbortSignal
    readonly stop: StopInfo | null
  }>()
})

test('every lifecycle event has the arguments of its own', () => {
  const manager = new TaskManager({ tasks: [length] })
  manager.on('events', (taskId, texts) => {
    expectTypeOf(taskId).toEqualTypeOf<string>()
    expectTypeOf(texts).toEqualTypeOf<readonly string[]>()
  })
  manager.on('stop_requested', (_taskId, stop) =>
    expectTypeOf(stop).toEqualTypeOf<{ reason: string; actor: string }>(),
  )
  expectTypeOf(
    manager.on('finished', (task) => expectTypeOf(task).toEqualTypeOf<TaskRecord>()),
  ).toEqualTypeOf<() => void>()
  // Every name, and no other.
  const heard: Record<keyof LifecycleEvents, true> = {
    created: true,
    started: true,
    events: true,
    status: true,
    stop_requested: true,
    interrupted: true,
    swept: true,
    finished: true,
    run_ended: true,
    closed: true,
  }
  void heard
  // @ts-expect-error no such event
  manager.on('ended', () => undefined)
  // @ts-expect-error the argument is a count
  manager.on('swept', (task: TaskRecord) => task)
})

test('a failure names its stage', () => {
  const stages: Record<ErrorStage, true> = {
    append: true,
    cancel: true,
    dispatch: true,
    fold: true,
    http: true,
    lease: true,
    listener: true,
    notifier: true,
    retention: true,
    run: true,
    stats: true,
    subscribe: true,
    sweep: true,
  }
  void stages
})

test('the built-in pieces are what their interfaces say', () => {
  expectTypeOf(memoryStore()).toEqualTypeOf<TaskStore>()
})
