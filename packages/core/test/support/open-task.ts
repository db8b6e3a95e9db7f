import type { Claim, TaskDraft, TaskStore } from '../../src/store/index.ts'

/** Creates a task in a store and acquires it, as a writer needs it. */
export async function openTask(store: TaskStore, draft: Partial<TaskDraft> = {}): Promise<Claim> {
  const id = store.newTaskId('u1')
  await store.createTask(
    {
      id,
      type: 'work',
      userId: 'u1',
      workspaceId: 'default',
      conversationId: null,
      scope: null,
      input: '{}',
      summary: '{}',
      session: null,
      deadlineAt: null,
      idempotency: null,
      ...draft,
    },
    { policy: 'reject' },
  )
  const claim = await store.acquireLease(id, { claimId: id, owner: 'test', ttlMs: 60_000, purpose: 'run' })
  if (claim.outcome !== 'acquired') throw new Error(`the new task could not be acquired: ${claim.outcome}`)
  return claim
}
