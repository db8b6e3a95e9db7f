import { describe, expect, it } from 'vitest'
import type { WorkItem } from '../../store/index.ts'
import { type MakeStore, useStore } from './harness.ts'
import { acquire, create, createFinished, createRunning, finish, stop, ttlMs } from './task-steps.ts'

/** The tasks that want somebody's attention. */
export function describeWork(makeStore: MakeStore): void {
  describe('work', () => {
    const open = useStore(makeStore)

    function work(
      query: { types?: string[]; pendingForMs?: number; limit?: number } = {},
    ): Promise<readonly WorkItem[]> {
      return open.store.listWork({ pendingForMs: 0, expiringWithinMs: 2_000, limit: 100, ...query })
    }

    it('lists pending tasks that hold their slot, once they have waited long enough', async () => {
      const task = await create(open.store, { scope: 's1' })
      await create(open.store, { scope: 's1' }, { policy: 'queue', max: 1 })
      await createFinished(open.store)
      expect(await work()).toEqual([
        { taskId: task.id, type: 'chat', reason: 'pending', token: null, beat: 0 },
      ])
      await open.clock.advance(4_999)
      expect(await work({ pendingForMs: 5_000 })).toEqual([])
      await open.clock.advance(1)
      expect(await work({ pendingForMs: 5_000 })).toHaveLength(1)
    })

    it('counts the wait of a released and of a promoted task from then on', async () => {
      const first = await createRunning(open.store, { scope: 's1' })
      const next = await create(open.store, { scope: 's1' }, { policy: 'queue', max: 1 })
      const released = await createRunning(open.store)
      await open.clock.advance(9_000)
      await finish(open.store, first)
      await open.store.releaseLease(released.task.id, released.token, { refundAttempt: false })
      expect(await work({ pendingForMs: 1_000 })).toEqual([])
      await open.clock.advance(1_000)
      const ids = (await work({ pendingForMs: 1_000 })).map((item) => item.taskId)
      expect(ids.sort()).toEqual([next.id, released.task.id].sort())
    })

    it('lists leases that expire soon or have expired, with what a takeover must have seen', async () => {
      const claim = await createRunning(open.store)
      const item = { taskId: claim.task.id, type: 'chat', token: claim.token }
      expect(await work()).toEqual([])
      await open.clock.advance(ttlMs - 2_000)
      expect(await work()).toEqual([{ ...item, reason: 'expiring', beat: 0 }])
      await open.store.checkLeases([{ taskId: claim.task.id, token: claim.token }], 2_000)
      await open.store.checkLeases([{ taskId: claim.task.id, token: claim.token }], 2_000)
      expect(await work()).toEqual([{ ...item, reason: 'expiring', beat: 2 }])
      await open.clock.advance(2_000)
      expect(await work()).toEqual([{ ...item, reason: 'expired', beat: 2 }])
      await acquire(open.store, claim.task.id, { seen: { token: claim.token, beat: 2 } })
      expect(await work()).toEqual([])
    })

    it('lists stopped tasks without an owner, whether they hold a slot or not', async () => {
      const holder = await create(open.store, { scope: 's1' })
      const queued = await create(open.store, { scope: 's1' }, { policy: 'queue', max: 1 })
      const owned = await createRunning(open.store)
      for (const id of [holder.id, queued.id, owned.task.id]) await open.store.signal(id, stop)
      const items = await work({ pendingForMs: 60_000 })
      expect(items.map((item) => item.taskId).sort()).toEqual([holder.id, queued.id].sort())
      for (const item of items) expect(item).toMatchObject({ reason: 'stopped_unowned', token: null })
      await acquire(open.store, holder.id, { purpose: 'finish' })
      expect(await work({ pendingForMs: 60_000 })).toHaveLength(1)
    })

    it('filters pending tasks by type and bounds the answer', async () => {
      for (const type of ['chat', 'images', 'images', 'video']) await create(open.store, { type })
      expect(await work({ types: ['images'] })).toHaveLength(2)
      expect(await work({ types: ['images', 'video'] })).toHaveLength(3)
      expect(await work({ types: [] })).toEqual([])
      expect(await work({ limit: 3 })).toHaveLength(3)
    })

    it('lists what is to be ended or watched whatever its type: to end it takes no definition', async () => {
      await create(open.store)
      const { stopped, expired, expiring } = await oneOfEach()
      for (const types of [[], ['images']]) {
        const ids = (await work({ types })).map((item) => item.taskId)
        expect(ids).toEqual([stopped, expired, expiring])
      }
    })

    it('orders by reason, then oldest first, and bounds each reason by itself: who waits hides nobody', async () => {
      const older: string[] = []
      for (let count = 0; count < 3; count++) older.push((await create(open.store)).id)
      const first = await oneOfEach()
      const second = await oneOfEach()
      const third = (await create(open.store)).id
      const urgent = [first.stopped, second.stopped, first.expired, second.expired]
      const all = [...urgent, first.expiring, second.expiring, ...older, third]
      expect((await work()).map((item) => item.taskId)).toEqual(all)
      const bounded = (await work({ limit: 1 })).map(({ taskId, reason }) => [reason, taskId])
      expect(bounded).toEqual([
        ['stopped_unowned', first.stopped],
        ['expired', first.expired],
        ['expiring', first.expiring],
        ['pending', older[0]],
      ])
    })

    /** Tasks with these reasons, in no order that could be taken for the one of the answer. */
    async function oneOfEach(): Promise<Record<'stopped' | 'expired' | 'expiring', string>> {
      const expiring = await create(open.store)
      await acquire(open.store, expiring.id, { ttlMs: 1_000 })
      const expired = await create(open.store)
      await acquire(open.store, expired.id, { ttlMs: 0 })
      const stopped = await create(open.store)
      await open.store.signal(stopped.id, stop)
      return { stopped: stopped.id, expired: expired.id, expiring: expiring.id }
    }
  })
}
