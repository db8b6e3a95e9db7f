import type { FinalStatus, StopInfo, TaskStatus } from '../protocol/index.ts'

/** JSON text, made once. A store keeps it as text or bytes and MUST NOT parse it. */
export type Json = string

/** `counter:random`, new with every acquire; compared by equality, since a failover may issue a counter twice. */
export type LeaseToken = string

/** The fold of all events before `at`; `fold` names the reducer and its version, such as `blocks@1`. */
export interface Snapshot {
  at: number
  fold: string
  /** In an append it may be made when it is first read: a store in memory can keep the object for the reader who asks. */
  state: Json
  /** Only in an append: bytes that `state` has at least, to weigh it without having it made. */
  minBytes?: number
}

/**
 * A wish sent to whoever runs a task: the only write that needs no token. The first write of a key wins;
 * it MUST be durable and MUST survive a takeover. Any node may send one. A settled `cancel_tool` may be sent again: the
 * next attempt may make the call again.
 */
export type Signal =
  | { kind: 'stop'; key: 'stop'; reason: string; actor: string }
  | { kind: 'cancel_tool'; key: `tool:${string}`; actor: string }
  | { kind: 'input'; key: `input:${string}`; value: Json; actor: string }

/** A task about to be created. */
export interface TaskDraft {
  /** From {@link TaskStore.newTaskId}; a create repeated with the same id answers `created` again. */
  id: string
  type: string
  userId: string
  workspaceId: string
  conversationId: string | null
  /** One active task per scope; `null` means no limit. */
  scope: string | null
  input: Json
  /** The definition's public fields, an object. */
  summary: Json
  session: Json | null
  /** Milliseconds since 1970, or `null`. */
  deadlineAt: number | null
  /** Unique per (userId, type, key) for `ttlMs`. */
  idempotency: { key: string; bodyHash: string; ttlMs: number } | null
}

/** A task as it is stored. Times are milliseconds since 1970 by the store's clock. */
export interface TaskRecord extends Omit<TaskDraft, 'input' | 'session' | 'idempotency'> {
  status: TaskStatus
  /** Whether the task holds its scope's slot; a queued task does not. */
  holdsSlot: boolean
  /** Of a pending task without the slot: how many are promoted before it, plus 1, so that 1 is next. Else `null`. */
  queuePosition: number | null
  /** How many times a runner was given this task. */
  attempt: number
  createdAt: number
  startedAt: number | null
  updatedAt: number
  finishedAt: number | null
  /** +1 on every stored change and on every change of `queuePosition`; an ETag is `epoch.revision`. */
  revision: number
  epoch: string
  firstIdx: number
  nextIdx: number
  snapshot: Pick<Snapshot, 'at' | 'fold'> | null
  /** The accepted stop request; `at` in float seconds, as on the wire. */
  stop: StopInfo | null
  carry: Json | null
  progress: Json | null
  result: Json | null
  /** `{message, code}`, or `null`. */
  error: Json | null
}

/** What happens when the scope is taken. */
export type OnConflict = { policy: 'reject' | 'attach' | 'replace' } | { policy: 'queue'; max: number }

/** Answer to a create. */
export type CreateOutcome =
  | { outcome: 'created' | 'attached'; task: TaskRecord }
  /** The scope is taken, by this task. */
  | { outcome: 'conflict'; task: TaskRecord }
  /** The idempotency key was used before; `null`: that task was deleted since. */
  | { outcome: 'same_key'; task: TaskRecord | null }
  | { outcome: 'key_mismatch' | 'queue_full' }

/** One atomic write into a task's log. */
export interface Append {
  taskId: string
  token: LeaseToken
  /** Idx of `events[0]`. MUST equal `nextIdx`, else `ok` for the exact repeat of the last append, or `gap`. */
  at: number
  /** Texts with their idx; frozen once sent, so that a retry is byte-identical. */
  events: readonly Json[]
  /** A stored stop refuses the whole append: the gate for `tool_start` and for an end that is not `canceled`. */
  unlessStopped?: true
  /** Signals whose effect these events record; they are not handed out again. */
  settles?: readonly Signal['key'][]
  /** Core's own state, at most 64 kB, handed to whoever takes the task over. */
  carry?: Json
  patch?: { conversationId?: string; summary?: Json; progress?: Json }
  snapshot?: Snapshot
  /** Events below it go; at most `snapshot.at` unless the loss is meant to be reported. */
  trimTo?: number
  /** Repair after `gap`: the log restarts at `at`, behind `snapshot`. */
  newEpoch?: string
  /** The events end with `task_complete`: frees the slot, promotes the next task, ends the lease. */
  final?: { status: FinalStatus; result?: Json; error?: Json }
}

/** Answer to an append. */
export type AppendOutcome =
  | { outcome: 'ok'; nextIdx: number; signals: readonly Signal[]; promoted?: string }
  /** A stop is stored; nothing was written. */
  | { outcome: 'stopped'; signals: readonly Signal[] }
  /** The store lost events that it had acknowledged, or never had them. */
  | { outcome: 'gap'; nextIdx: number }
  | { outcome: 'fenced' | 'finished' | 'not_found' }

/** The right to run or to finish a task, with all that is needed for it. */
export interface Claim {
  outcome: 'acquired'
  token: LeaseToken
  task: TaskRecord
  input: Json
  session: Json | null
  /** Every signal that no append has settled. */
  signals: readonly Signal[]
}

/** Answer to the check of one lease. */
export type LeaseAnswer = { taskId: string } & (
  | { state: 'held'; signals: readonly Signal[] }
  | { state: 'lost' }
)

/** A task that wants somebody's attention. */
export interface WorkItem {
  taskId: string
  type: string
  reason: 'pending' | 'expiring' | 'expired' | 'stopped_unowned'
  token: LeaseToken | null
  /** +1 on every renewal. */
  beat: number
}

/** One consistent view of a log. */
export interface ReadPage {
  task: TaskRecord
  /** Stands for every event before `snapshot.at`; `null` when none was asked for, fits or pays. */
  snapshot: Snapshot | null
  /** Idx of `events[0]`: the cursor, or `firstIdx` or `snapshot.at` where that is further on. */
  from: number
  events: readonly Json[]
}

/** What {@link TaskStore.listTasks} is asked for. */
export interface TaskQuery {
  userId: string
  workspaceId?: string
  conversationId?: string
  status?: readonly TaskStatus[]
  limit: number
  cursor?: string
}

/** What {@link TaskStore.readEvents} is asked for. */
export interface EventQuery {
  /** First idx wanted, inclusive. */
  from: number
  limit: number
  /** Bytes of event text; at least one event is returned whatever its size. */
  maxBytes: number
  /** Names of the folds that the reader can go on from. */
  folds?: readonly string[]
  /** `tail` (default): a snapshot only when the cursor is behind the cap. `smaller`: whichever is less to send. */
  prefer?: 'tail' | 'smaller'
}

/**
 * Where tasks and their logs live. Every method is one atomic step for its task and its scope. A step that takes a task
 * out of its queue, by promotion, stop or end, moves up those behind it: +1 on the `revision` of each, and of no other.
 * Refusals are values; a throw means "the outcome is unknown, repeat".
 */
export interface TaskStore {
  /** At least 120 random bits, in characters that are safe in a URL, a letter or a digit first. MAY prefix a bucket of the user, so that a user's keys share a shard. */
  newTaskId(userId: string): string
  /**
   * Order of the rules: same id, idempotency key, scope. MUST serialise with `final` on the scope.
   * `replace` sends a stop to the holder and to the queued ones and queues the new one first: two never run.
   * Resolves when the task is readable on every node.
   */
  createTask(draft: TaskDraft, onConflict: OnConflict): Promise<CreateOutcome>
  getTask(id: string): Promise<TaskRecord | null>
  /** Newest first by (createdAt, id); MUST NOT read `input`. An unknown cursor is an empty answer, not a throw. */
  listTasks(query: TaskQuery): Promise<{ tasks: readonly TaskRecord[]; nextCursor: string | null }>
  /**
   * One consistent view of record, snapshot and tail; only committed events. A snapshot only if its fold is in
   * `folds` and its `at` is beyond `from`.
   */
  readEvents(id: string, query: EventQuery): Promise<ReadPage | null>
  /** Atomic per element, answered by position; a refused element MUST NOT affect others; MAY commit all at once. */
  append(batch: readonly Append[]): Promise<readonly AppendOutcome[]>
  /**
   * Stores a signal. `stop` sets `cancel_requested`. `owned: false` on a stopped task means that the caller
   * acquires it with purpose `finish` and ends it.
   */
  signal(
    id: string,
    signal: Signal,
  ): Promise<{
    outcome: 'accepted' | 'already' | 'finished' | 'not_found'
    owned: boolean
    status?: TaskStatus
  }>
  /**
   * By the store's clock. `run` needs the slot, counts an attempt and sets `running`; `finish` takes any task that
   * is not final and counts none. `seen` (compare-and-swap) is required to take over a lease that was not released;
   * the same `claimId` repeats the same answer.
   */
  acquireLease(
    id: string,
    query: {
      claimId: string
      owner: string
      ttlMs: number
      purpose: 'run' | 'finish'
      seen?: { token: LeaseToken; beat: number }
    },
  ): Promise<Claim | { outcome: 'held' | 'queued' | 'finished' | 'not_found' }>
  /** Answered by position. An expired lease that nobody took renews as `held`; without `renewMs` nothing changes. */
  checkLeases(
    own: readonly { taskId: string; token: LeaseToken }[],
    renewMs?: number,
  ): Promise<readonly LeaseAnswer[]>
  /** Back to `pending`; a drain refunds the attempt. */
  releaseLease(
    id: string,
    token: LeaseToken,
    query: { refundAttempt: boolean },
  ): Promise<'released' | 'fenced'>
  /**
   * Stopped tasks without an owner, leases that have expired or expire soon, and slot-holding pending tasks, in this
   * order: `stopped_unowned`, `expired`, `expiring`, `pending`, the oldest task first within each. `limit` bounds each
   * reason by itself, so that tasks that wait hide none whose owner has died. `types` and `pendingForMs` choose among
   * the pending alone: to run a task takes its definition, to end one takes nothing.
   */
  listWork(query: {
    types?: readonly string[]
    pendingForMs: number
    expiringWithinMs: number
    limit: number
  }): Promise<readonly WorkItem[]>
  /** Removes a finished task, its log and its place in lists. */
  deleteTask(id: string): Promise<'deleted' | 'not_finished' | 'not_found'>
  /** Removes finished tasks older than `beforeMs` or beyond the newest `keepPerUser`; answers how many. */
  deleteFinished(query: { beforeMs?: number; keepPerUser?: number; limit: number }): Promise<number>
  /** Tasks by status, and the durations of the latest succeeded tasks by type. */
  stats(): Promise<{
    byStatus: Record<TaskStatus, number>
    durationsMs: Record<string, readonly number[]>
  }>
  close(): Promise<void>
}
