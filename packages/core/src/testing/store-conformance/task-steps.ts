import { expect } from 'vitest'
import type {
  Append,
  AppendOutcome,
  Claim,
  Json,
  OnConflict,
  ReadPage,
  Signal,
  TaskDraft,
  TaskRecord,
  TaskStore,
} from '../../store/index.ts'

/** Lease of the steps below, in milliseconds. */
export const ttlMs = 10_000

export const reject: OnConflict = { policy: 'reject' }
export const stop: Signal = { kind: 'stop', key: 'stop', reason: 'user', actor: 'ann' }

let claims = 0

/** A draft of Ann's with a new id and no scope. */
export function draftOf(store: TaskStore, fields: Partial<TaskDraft> = {}): TaskDraft {
  const userId = fields.userId ?? 'ann'
  return {
    id: store.newTaskId(userId),
    type: 'chat',
    userId,
    workspaceId: 'default',
    conversationId: null,
    scope: null,
    input: '{"message":"hello"}',
    summary: '{"message":"hello"}',
    session: null,
    deadlineAt: null,
    idempotency: null,
    ...fields,
  }
}

/** Creates a task, which must be possible. */
export async function create(
  store: TaskStore,
  fields: Partial<TaskDraft> = {},
  onConflict: OnConflict = reject,
): Promise<TaskRecord> {
  const answer = await store.createTask(draftOf(store, fields), onConflict)
  if (answer.outcome !== 'created') throw new Error(`expected a created task, not ${answer.outcome}`)
  return answer.task
}

/** Acquires a lease, which must be possible. */
export async function acquire(
  store: TaskStore,
  taskId: string,
  query: Partial<Parameters<TaskStore['acquireLease']>[1]> = {},
): Promise<Claim> {
  const answer = await tryAcquire(store, taskId, query)
  if (answer.outcome !== 'acquired') throw new Error(`expected a lease, not ${answer.outcome}`)
  return answer
}

/** Asks for a lease under a new claim. */
export function tryAcquire(
  store: TaskStore,
  taskId: string,
  query: Partial<Parameters<TaskStore['acquireLease']>[1]> = {},
): ReturnType<TaskStore['acquireLease']> {
  return store.acquireLease(taskId, {
    claimId: `claim-${++claims}`,
    owner: 'node-1',
    ttlMs,
    purpose: 'run',
    ...query,
  })
}

/** Creates a task and acquires it for a run. */
export async function createRunning(store: TaskStore, fields: Partial<TaskDraft> = {}): Promise<Claim> {
  const task = await create(store, fields)
  return acquire(store, task.id)
}

/** Text of an event, of a length that the content decides. */
export function event(idx: number, content = 'x'): Json {
  return JSON.stringify({ idx, type: 'text_chunk', data: { content }, ts: 1_767_225_600.123 })
}

/** Texts of `count` events from `at` on. */
export function events(at: number, count: number, content = 'x'): Json[] {
  return Array.from({ length: count }, (_, position) => event(at + position, content))
}

/** Sends one append of a claim. */
export async function append(
  store: TaskStore,
  claim: Claim,
  fields: Omit<Append, 'taskId' | 'token'>,
): Promise<AppendOutcome> {
  const [outcome] = await store.append([{ taskId: claim.task.id, token: claim.token, ...fields }])
  if (outcome === undefined) throw new Error('the store answered nothing')
  return outcome
}

/** Appends `count` events, which must be possible. */
export async function write(store: TaskStore, claim: Claim, at: number, count: number): Promise<void> {
  expect(await append(store, claim, { at, events: events(at, count) })).toMatchObject({
    outcome: 'ok',
    nextIdx: at + count,
  })
}

/** Ends a task with one terminal event at `at`, which must be possible. */
export async function finish(
  store: TaskStore,
  claim: Claim,
  at = 0,
  final: NonNullable<Append['final']> = { status: 'succeeded' },
): Promise<Extract<AppendOutcome, { outcome: 'ok' }>> {
  const outcome = await append(store, claim, { at, events: [event(at, final.status)], final })
  if (outcome.outcome !== 'ok') throw new Error(`expected the task to end, not ${outcome.outcome}`)
  return outcome
}

/** Creates a task and ends it at once. */
export async function createFinished(store: TaskStore, fields: Partial<TaskDraft> = {}): Promise<TaskRecord> {
  const claim = await createRunning(store, fields)
  await finish(store, claim)
  return load(store, claim.task.id)
}

/** The record of a task that must exist. */
export async function load(store: TaskStore, taskId: string): Promise<TaskRecord> {
  const task = await store.getTask(taskId)
  if (task === null) throw new Error(`task ${taskId} is gone`)
  return task
}

/** A page of a log that must exist; by default all of it. */
export async function read(
  store: TaskStore,
  taskId: string,
  query: Partial<Parameters<TaskStore['readEvents']>[1]> = {},
): Promise<ReadPage> {
  const page = await store.readEvents(taskId, { from: 0, limit: 10_000, maxBytes: 100_000_000, ...query })
  if (page === null) throw new Error(`task ${taskId} is gone`)
  return page
}
