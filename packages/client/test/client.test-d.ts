import {
  type AppliedPage,
  type Block,
  type BlocksOutcome,
  type CancelAnswer,
  type Clock,
  type Connection,
  type Cursor,
  type EventPage,
  type InputIssue,
  type Platform,
  type ProgressData,
  type RequestErrorCode,
  type RestoredTask,
  restoreTaskState,
  TaskClient,
  TaskClientError,
  type TaskClientErrorCode,
  type TaskCreated,
  type TaskInfo,
  type TaskListPage,
  TaskObserver,
  type TaskSnapshot,
  type TaskStatus,
  type Transport,
  type TransportSink,
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
    readonly messageId: string | null
    readonly conversationId: string | null
    readonly title: string | null
    readonly nextOffset: number
    readonly truncated: boolean
    readonly connection: Connection
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
      [connection: Connection, error: TaskClientError | null]
    >()
    return { start: () => sink.reset(), stop: () => undefined, wake: () => undefined }
  }
  void new TaskObserver({
    taskId: 't1',
    transport,
    cancel: (reason) => client.cancel('t1', { reason }),
    watermark: undefined,
  })
})

test('what was restored has an observer only if it was found', async () => {
  const restored = await restoreTaskState({ client, taskId: 't1', workspaceId: undefined })
  expectTypeOf(restored).toEqualTypeOf<RestoredTask>()
  if (restored.found) {
    expectTypeOf(restored.observer).toEqualTypeOf<TaskObserver>()
    expectTypeOf(restored.task).toEqualTypeOf<TaskInfo>()
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
