import {
  type ActiveCancelAnswer,
  type AppliedPage,
  type Block,
  type BlocksOutcome,
  type CancelAnswer,
  type Clock,
  type Connection,
  type Cursor,
  type EventPage,
  type InputAnswer,
  type InputIssue,
  type ListedTask,
  observeTaskList,
  type Platform,
  type ProgressData,
  type RequestErrorCode,
  type RestoredTask,
  restoreTaskState,
  type StartedTask,
  startOrAttach,
  TaskClient,
  TaskClientError,
  type TaskClientErrorCode,
  type TaskCreated,
  type TaskInfo,
  type TaskListObserver,
  type TaskListPage,
  type TaskListSnapshot,
  TaskObserver,
  type TaskSnapshot,
  type TaskStatus,
  type ToolCancelAnswer,
  type Transport,
  type TransportInfo,
  type TransportSink,
  typedIntent,
} from '@outlast/client'
import { expectTypeOf, test } from 'vitest'

const client = new TaskClient()

test('a client needs nothing, and may be given all that a host may lack', () => {
  void new TaskClient({
    baseUrl: 'https://example.com/api/tasks',
    fetch: (url, init) => fetch(url, init),
    headers: async () => ({ authorization: 'Bearer x' }),
    credentials: 'include',
    clock: {} as Clock,
    random: Math.random,
    platform: {} as Platform,
  })
  void new TaskClient({ baseUrl: undefined, headers: () => new Headers() })
  // @ts-expect-error headers are asked for each time
  void new TaskClient({ headers: { authorization: 'Bearer x' } })
  // @ts-expect-error no such option
  void new TaskClient({ url: '/api/tasks' })
})

test('every call answers what the wire has', async () => {
  expectTypeOf(await client.start({ pages: 3 }, { idempotencyKey: 'once' })).toEqualTypeOf<TaskCreated>()
  expectTypeOf(await client.list({ status: 'active', limit: 1 })).toEqualTypeOf<TaskListPage>()
  expectTypeOf(await client.get('t1')).toEqualTypeOf<TaskInfo>()
  expectTypeOf(await client.read('t1', { from: 3, epoch: null, waitMs: 1 })).toEqualTypeOf<EventPage>()
  expectTypeOf(await client.cancel('t1', { reason: 'enough' })).toEqualTypeOf<CancelAnswer>()
  expectTypeOf(
    await client.cancelActive({ workspaceId: 'w1', expectedTaskId: 't1' }),
  ).toEqualTypeOf<ActiveCancelAnswer>()
  expectTypeOf(await client.cancelTool('t1', 'call1')).toEqualTypeOf<ToolCancelAnswer>()
  expectTypeOf(await client.sendInput('t1', { id: 'q1', value: 1 })).toEqualTypeOf<InputAnswer>()
  expectTypeOf(await client.remove('t1')).toEqualTypeOf<void>()
  expectTypeOf(await startOrAttach(client, { pages: 3 })).toEqualTypeOf<StartedTask>()
  expectTypeOf(client.observe('t1', { watermark: 0 })).toEqualTypeOf<TaskObserver>()
  expectTypeOf<TaskListPage>().toEqualTypeOf<{
    tasks: readonly TaskInfo[]
    nextCursor: string | null
    viewer: string
  }>()
  // @ts-expect-error no such status
  void client.list({ status: 'done' })
  // @ts-expect-error the wire's spelling is not this one's
  void client.list({ workspace_id: 'w1' })
  // @ts-expect-error a create has a body
  void client.start()
})

test('a snapshot is all that a screen shows, and is never changed', () => {
  expectTypeOf<TaskSnapshot>().toEqualTypeOf<{
    readonly taskId: string
    readonly task: TaskInfo | null
    readonly status: TaskStatus | null
    readonly blocks: readonly Block[]
    readonly progress: ProgressData | null
    readonly usage: Readonly<Record<string, unknown>> | null
    readonly outcome: BlocksOutcome | null
    readonly messageId: string
    readonly conversationId: string | null
    readonly title: string | null
    readonly nextOffset: number
    readonly truncated: boolean
    readonly connection: Connection
    readonly transport: TransportInfo | null
    readonly error: TaskClientError | null
    readonly watermark: number
  }>()
  const snapshot = {} as TaskSnapshot
  // @ts-expect-error read only
  snapshot.truncated = true
  // @ts-expect-error read only
  snapshot.blocks.push()
  const connections: Record<Connection, true> = {
    idle: true,
    connecting: true,
    live: true,
    retrying: true,
    done: true,
    failed: true,
  }
  void connections
})

test('a list is what a screen shows of it, and follows a page', () => {
  const list = observeTaskList(client, { status: 'active' })
  expectTypeOf(list).toEqualTypeOf<TaskListObserver>()
  expectTypeOf(list.getSnapshot()).toEqualTypeOf<TaskListSnapshot>()
  expectTypeOf<TaskListSnapshot>().toEqualTypeOf<{
    readonly tasks: readonly ListedTask[]
    readonly viewer: string | null
    readonly nextCursor: string | null
    readonly connection: Connection
    readonly error: TaskClientError | null
    readonly startError: TaskClientError | null
  }>()
  expectTypeOf<ListedTask>().toExtend<TaskInfo>()
  // @ts-expect-error a list that is followed ends with its listeners
  void observeTaskList(client, { signal: AbortSignal.timeout(1) })
})

test('an intent is text before and after', () => {
  expectTypeOf(typedIntent).toEqualTypeOf<(intent: string, elapsedMs: number) => string>()
})

test('an observer fits into useSyncExternalStore', () => {
  type UseSyncExternalStore = <Snapshot>(
    subscribe: (onStoreChange: () => void) => () => void,
    getSnapshot: () => Snapshot,
    getServerSnapshot?: () => Snapshot,
  ) => Snapshot
  const useSyncExternalStore = {} as UseSyncExternalStore
  const { subscribe, getSnapshot } = {} as TaskObserver
  expectTypeOf(useSyncExternalStore).toBeCallableWith(subscribe, getSnapshot, getSnapshot)
  expectTypeOf(getSnapshot).toEqualTypeOf<() => TaskSnapshot>()
  expectTypeOf(subscribe).toEqualTypeOf<(listener: () => void) => () => void>()
  expectTypeOf<TaskObserver['cancel']>().toEqualTypeOf<(reason?: string) => Promise<CancelAnswer>>()
})

test('an observer can be made over a transport of one’s own', () => {
  const transport = (sink: TransportSink): Transport => {
    expectTypeOf(sink.cursor()).toEqualTypeOf<Cursor>()
    expectTypeOf(sink.apply({} as EventPage)).toEqualTypeOf<AppliedPage | null>()
    expectTypeOf(sink.report).parameters.toEqualTypeOf<
      [connection: Connection, error: TaskClientError | null, via?: TransportInfo | undefined]
    >()
    return { start: () => sink.reset(), stop: () => undefined, wake: () => undefined }
  }
  void new TaskObserver({
    taskId: 't1',
    transport,
    client,
    platform: { onFrame: () => () => undefined },
    watermark: undefined,
  })
})

test('what was restored has an observer only if it was found', async () => {
  const restored = await restoreTaskState({ client, taskId: 't1', workspaceId: undefined, history: ['m1'] })
  expectTypeOf(restored).toEqualTypeOf<RestoredTask>()
  if (restored.found) {
    expectTypeOf(restored.observer).toEqualTypeOf<TaskObserver>()
    expectTypeOf(restored.task).toEqualTypeOf<TaskInfo>()
    expectTypeOf(restored.source).toEqualTypeOf<'log' | 'history'>()
    expectTypeOf(restored.hides).toEqualTypeOf<string | null>()
  } else expectTypeOf(restored.reason).toEqualTypeOf<'nothing to restore'>()
  // @ts-expect-error nothing may have been found
  void restored.observer
})

test('an error has a code of the wire, of the client, or of a newer server', () => {
  expectTypeOf<
    RequestErrorCode | 'network_error' | 'invalid_response' | 'invalid_url'
  >().toExtend<TaskClientErrorCode>()
  expectTypeOf<string>().toExtend<TaskClientErrorCode>()
  const caught: unknown = null
  if (TaskClientError.is(caught, 'task_already_running')) {
    expectTypeOf(caught).toEqualTypeOf<TaskClientError>()
    expectTypeOf(caught.task).toEqualTypeOf<{
      task_id: string
      status: TaskStatus
      next_offset: number
    } | null>()
    expectTypeOf(caught.issues).toEqualTypeOf<readonly InputIssue[]>()
    expectTypeOf(caught.status).toEqualTypeOf<number | null>()
    expectTypeOf(caught.retryAfter).toEqualTypeOf<number | null>()
    expectTypeOf(caught.transient).toEqualTypeOf<boolean>()
  }
})
