import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/stores/memory/index.ts'

describe('memoryStore', () => {
  it('takes its randomness from the option', () => {
    const counting = () => {
      let next = 0
      return (bytes: number) => Uint8Array.from({ length: bytes }, () => next++ % 62)
    }
    const [a, b] = [memoryStore({ random: counting() }), memoryStore({ random: counting() })]
    const ids = [a.newTaskId('ann'), a.newTaskId('ann')]
    expect([b.newTaskId('ann'), b.newTaskId('ann')]).toEqual(ids)
    expect(ids[0]).not.toBe(ids[1])
  })

  it('tells the time by the host by default', async () => {
    const store = memoryStore()
    const before = Date.now()
    const answer = await store.createTask(
      {
        id: store.newTaskId('ann'),
        type: 'chat',
        userId: 'ann',
        workspaceId: 'default',
        conversationId: null,
        scope: null,
        input: '{}',
        summary: '{}',
        session: null,
        deadlineAt: null,
        idempotency: null,
      },
      { policy: 'reject' },
    )
    if (answer.outcome !== 'created') throw new Error(answer.outcome)
    expect(answer.task.createdAt).toBeGreaterThanOrEqual(before)
    expect(answer.task.createdAt).toBeLessThanOrEqual(Date.now())
  })

  it('rejects instead of throwing, so that a caller need not expect both', async () => {
    const store = memoryStore({
      now: () => {
        throw new Error('no clock')
      },
    })
    await expect(store.append([])).rejects.toThrow('no clock')
  })
})
