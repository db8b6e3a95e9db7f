import type { TaskRecord } from '../../src/store/index.ts'

/** A stored task that runs since second 10 of 1970. */
export function recordWith(fields: Partial<TaskRecord> = {}): TaskRecord {
  return {
    id: 't1',
    type: 'chat',
    userId: 'alice',
    workspaceId: 'w1',
    conversationId: 'c1',
    scope: null,
    summary: '{"message":"hello","mode":"fast"}',
    deadlineAt: null,
    status: 'running',
    holdsSlot: true,
    queuePosition: null,
    attempt: 1,
    createdAt: 9_500,
    startedAt: 10_000,
    updatedAt: 12_345,
    finishedAt: null,
    revision: 7,
    epoch: 'e1',
    firstIdx: 0,
    nextIdx: 3,
    snapshot: null,
    stop: null,
    carry: null,
    progress: null,
    result: null,
    error: null,
    ...fields,
  }
}
