import {
  type Append,
  type AppendOutcome,
  type Claim,
  type CreateOutcome,
  type DispatchJob,
  type Hint,
  type LeaseAnswer,
  type OnConflict,
  type ReadPage,
  type Signal,
  type Snapshot,
  type TaskDispatcher,
  type TaskDraft,
  TaskManager,
  type TaskNotifier,
  type TaskRecord,
  type TaskStore,
  type WorkItem,
} from '@outlast/core'
import type { StopInfo, TaskStatus } from '@outlast/core/protocol'
import { expectTypeOf, test } from 'vitest'

/** A store as a user would write one: a class, with parameter types taken from the interface. */
class OwnStore implements TaskStore {
  readonly #records = new Map<string, TaskRecord>()

  newTaskId(): string {
    return 'id'
  }
  async createTask(_draft: TaskDraft, onConflict: OnConflict): Promise<CreateOutcome> {
    if (onConflict.policy === 'queue') expectTypeOf(onConflict.max).toEqualTypeOf<number>()
    return { outcome: 'queue_full' }
  }
  async getTask(id: string): Promise<TaskRecord | null> {
    return this.#records.get(id) ?? null
  }
  async listTasks(): Promise<{ tasks: TaskRecord[]; nextCursor: string | null }> {
    return { tasks: [...this.#records.values()], nextCursor: null }
  }
  async readEvents(): Promise<ReadPage | null> {
    return null
  }
  async append(batch: readonly Append[]): Promise<AppendOutcome[]> {
    return batch.map(() => ({ outcome: 'fenced' }))
  }
  signal: TaskStore['signal'] = async () => ({ outcome: 'not_found', owned: false })
  acquireLease: TaskStore['acquireLease'] = async (_id, query) => {
    expectTypeOf(query.purpose).toEqualTypeOf<'run' | 'finish'>()
    return { outcome: 'held' }
  }
  async checkLeases(own: readonly { taskId: string }[]): Promise<LeaseAnswer[]> {
    return own.map(({ taskId }) => ({ taskId, state: 'lost' }))
  }
  releaseLease: TaskStore['releaseLease'] = async () => 'fenced'
  async listWork(): Promise<WorkItem[]> {
    return []
  }
  deleteTask: TaskStore['deleteTask'] = async () => 'not_found'
  async deleteFinished(): Promise<number> {
    return 0
  }
  stats: TaskStore['stats'] = async () => ({
    byStatus: { pending: 0, running: 0, cancel_requested: 0, succeeded: 0, failed: 0, canceled: 0 },
    durationsMs: {},
  })
  async close(): Promise<void> {}
}

class OwnNotifier implements TaskNotifier {
  publish(hints: readonly Hint[]): void {
    for (const hint of hints) expectTypeOf(hint).toExtend<string>()
  }
  subscribe(_hint: Hint, onHint: () => void): () => void {
    onHint()
    return () => undefined
  }
  async close(): Promise<void> {}
}

/** The optional methods are left out, as an engine that keeps the queue itself would. */
class OwnDispatcher implements TaskDispatcher {
  #run: ((taskId: string) => Promise<'ran' | 'not_mine'>) | null = null

  async start(run: (taskId: string) => Promise<'ran' | 'not_mine'>): Promise<void> {
    this.#run = run
  }
  async dispatch(job: DispatchJob): Promise<void> {
    await this.#run?.(job.taskId)
  }
  async withdraw(): Promise<void> {}
  async stop(): Promise<void> {}
}

test('classes of a user are stores, notifiers and dispatchers', () => {
  void new TaskManager({
    tasks: [],
    store: new OwnStore(),
    notifier: new OwnNotifier(),
    dispatcher: new OwnDispatcher(),
  })
  // @ts-expect-error a notifier is no store
  void new TaskManager({ tasks: [], store: new OwnNotifier() })
  // @ts-expect-error a store that has lost its leases is none
  const broken: TaskStore = { ...new OwnStore(), acquireLease: undefined }
  void broken
})

test('a record is what the draft said, and how the task stands', () => {
  expectTypeOf<TaskRecord>().toEqualTypeOf<{
    id: string
    type: string
    userId: string
    workspaceId: string
    conversationId: string | null
    scope: string | null
    summary: string
    deadlineAt: number | null
    status: TaskStatus
    holdsSlot: boolean
    queuePosition: number | null
    attempt: number
    createdAt: number
    startedAt: number | null
    updatedAt: number
    finishedAt: number | null
    revision: number
    epoch: string
    firstIdx: number
    nextIdx: number
    snapshot: { at: number; fold: string } | null
    stop: StopInfo | null
    carry: string | null
    progress: string | null
    result: string | null
    error: string | null
  }>()
  expectTypeOf<keyof TaskRecord & ('input' | 'session' | 'idempotency')>().toEqualTypeOf<never>()
})

test('a signal is one of three, each with a key of its own', () => {
  const kinds: Record<Signal['kind'], true> = { stop: true, cancel_tool: true, input: true }
  void kinds
  expectTypeOf<Extract<Signal, { kind: 'cancel_tool' }>['key']>().toEqualTypeOf<`tool:${string}`>()
  expectTypeOf<Extract<Signal, { kind: 'input' }>['key']>().toEqualTypeOf<`input:${string}`>()
  // @ts-expect-error the key of a stop is `stop`
  const wrong: Signal = { kind: 'stop', key: 'tool:1', reason: '', actor: '' }
  void wrong
})

test('refusals are values, told apart by their outcome', () => {
  expectTypeOf<AppendOutcome['outcome']>().toEqualTypeOf<
    'ok' | 'stopped' | 'gap' | 'fenced' | 'finished' | 'not_found'
  >()
  expectTypeOf<CreateOutcome['outcome']>().toEqualTypeOf<
    'created' | 'attached' | 'conflict' | 'same_key' | 'key_mismatch' | 'queue_full'
  >()
  const appended = {} as AppendOutcome
  if (appended.outcome === 'gap') expectTypeOf(appended.nextIdx).toEqualTypeOf<number>()
  if (appended.outcome === 'ok') expectTypeOf(appended.promoted).toEqualTypeOf<string | undefined>()
  const lease = {} as LeaseAnswer
  if (lease.state === 'held') expectTypeOf(lease.signals).toEqualTypeOf<readonly Signal[]>()
  const claim = {} as Awaited<ReturnType<TaskStore['acquireLease']>>
  if (claim.outcome === 'acquired') expectTypeOf(claim).toEqualTypeOf<Claim>()
  else expectTypeOf(claim.outcome).toEqualTypeOf<'held' | 'queued' | 'finished' | 'not_found'>()
})

test('logs are texts', () => {
  expectTypeOf<ReadPage>().toEqualTypeOf<{
    task: TaskRecord
    snapshot: Snapshot | null
    from: number
    events: readonly string[]
  }>()
  expectTypeOf<Append['events']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<Hint>().toEqualTypeOf<
    `log:${string}` | `signal:${string}` | `user:${string}` | `work:${string}`
  >()
})
