import { describe, expect, it } from 'vitest'
import type { TaskDraft } from '../../../src/store/index.ts'
import { IdempotencyKeys } from '../../../src/stores/memory/idempotency-keys.ts'

function draft(key: string, ttlMs: number): TaskDraft {
  return {
    id: key,
    type: 'chat',
    userId: 'ann',
    workspaceId: 'default',
    conversationId: null,
    scope: null,
    input: '{}',
    summary: '{}',
    session: null,
    deadlineAt: null,
    idempotency: { key, bodyHash: 'h', ttlMs },
  }
}

describe('IdempotencyKeys', () => {
  it('forgets expired keys in the end, also behind one that lives long', () => {
    const keys = new IdempotencyKeys()
    keys.use(draft('long', 1e9), 'long', 0)
    for (let now = 0; now < 20_000; now++) keys.use(draft(`k${now}`, 100), 'task', now)
    expect(keys.size).toBeLessThan(2_100)
    expect(keys.find(draft('long', 1), 20_000)).toMatchObject({ taskId: 'long' })
    expect(keys.find(draft('k19999', 1), 20_000)).toMatchObject({ taskId: 'task' })
    expect(keys.find(draft('k1', 1), 20_000)).toBeNull()
  })
})
