/** A lease that does not run out while something is measured. */
const leaseMs = 3_600_000

/**
 * Creates a task in a store and takes it, as a manager would.
 *
 * @param {import('@outlast/core').TaskStore} store
 * @param {Partial<import('@outlast/core').TaskDraft>} [draft]
 */
export async function startTask(store, draft = {}) {
  const taskId = draft.id ?? store.newTaskId('u1')
  const created = await store.createTask(
    {
      id: taskId,
      type: 'write',
      userId: 'u1',
      workspaceId: 'default',
      conversationId: null,
      scope: null,
      input: '1',
      summary: '{}',
      session: null,
      deadlineAt: null,
      idempotency: null,
      ...draft,
    },
    { policy: 'reject' },
  )
  const claim = await store.acquireLease(taskId, {
    claimId: taskId,
    owner: 'bench',
    ttlMs: leaseMs,
    purpose: 'run',
  })
  if (created.outcome !== 'created' || claim.outcome !== 'acquired') {
    throw new Error(`The store answered ${created.outcome}, ${claim.outcome}.`)
  }
  return { taskId, token: claim.token }
}
