import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import { append, createRunning, events, finish, load, read, write } from './task-steps.ts'

const folds = ['f@1']

/** Trims, snapshots and the repair of a log that lost its history. */
export function describeCapping(makeStore: MakeStore): void {
  describe('capping', () => {
    const open = useStore(makeStore)

    it('trims the head of a log and never renumbers the rest', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 10)
      const snapshot = { at: 8, fold: 'f@1', state: '{"n":8}' }
      await append(open.store, claim, { at: 10, events: events(10, 2), snapshot, trimTo: 6 })
      const page = await read(open.store, claim.task.id)
      expect(page).toMatchObject({ from: 6, snapshot: null, events: events(6, 6) })
      expect(page.task).toMatchObject({ firstIdx: 6, nextIdx: 12, snapshot: { at: 8, fold: 'f@1' } })
      expect((await read(open.store, claim.task.id, { from: 9 })).events).toEqual(events(9, 3))
      await write(open.store, claim, 12, 1)
    })

    it('keeps the snapshot state out of the record', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, { at: 0, events: [], snapshot: { at: 0, fold: 'f@1', state: '{}' } })
      expect((await load(open.store, claim.task.id)).snapshot).toEqual({ at: 0, fold: 'f@1' })
    })

    it('hands a snapshot to a reader behind the cap, and events from where it ends', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 8, fold: 'f@1', state: '{"n":8}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 6 })
      const page = await read(open.store, claim.task.id, { from: 2, folds })
      expect(page).toMatchObject({ snapshot, from: 8, events: events(8, 4) })
    })

    it('takes a snapshot whose text is made when it is read, and hands out the text', async () => {
      const claim = await createRunning(open.store)
      const snapshot = {
        at: 8,
        fold: 'f@1',
        minBytes: 4,
        get state() {
          return '{"n":8}'
        },
      }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 6 })
      const handedOut = { at: 8, fold: 'f@1', state: '{"n":8}' }
      expect((await read(open.store, claim.task.id, { from: 2, folds })).snapshot).toEqual(handedOut)
      await finish(open.store, claim, 12)
      expect((await read(open.store, claim.task.id, { from: 2, folds })).snapshot).toEqual(handedOut)
    })

    it('limits the events behind a snapshot like any others', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 8, fold: 'f@1', state: '{"n":8}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 6 })
      const page = await read(open.store, claim.task.id, { from: 0, folds, limit: 2 })
      expect(page).toMatchObject({ snapshot, from: 8, events: events(8, 2) })
    })

    it('hands out no snapshot of a fold that the reader does not know', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 8, fold: 'f@2', state: '{}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 6 })
      for (const query of [{}, { folds: [] }, { folds: ['f@1', 'g@2'] }]) {
        const page = await read(open.store, claim.task.id, { from: 2, ...query })
        expect(page).toMatchObject({ snapshot: null, from: 6, events: events(6, 6) })
      }
      expect((await read(open.store, claim.task.id, { folds: ['f@1', 'f@2'] })).snapshot).toEqual(snapshot)
    })

    it('hands out no snapshot whose end the cursor has reached', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 8, fold: 'f@1', state: '{}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 8 })
      for (const from of [8, 9]) {
        const page = await read(open.store, claim.task.id, { from, folds, prefer: 'smaller' })
        expect(page).toMatchObject({ snapshot: null, from })
      }
    })

    it('prefers the tail by default, and whichever is smaller when asked', async () => {
      const claim = await createRunning(open.store)
      const small = { at: 8, fold: 'f@1', state: '{}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot: small })
      const { id } = claim.task
      expect(await read(open.store, id, { folds })).toMatchObject({ snapshot: null, from: 0 })
      expect(await read(open.store, id, { folds, prefer: 'tail' })).toMatchObject({ snapshot: null, from: 0 })
      expect(await read(open.store, id, { folds, prefer: 'smaller' })).toMatchObject({
        snapshot: small,
        from: 8,
      })
      expect(await read(open.store, id, { prefer: 'smaller' })).toMatchObject({ snapshot: null, from: 0 })

      const large = { at: 8, fold: 'f@1', state: JSON.stringify('x'.repeat(10_000)) }
      await append(open.store, claim, { at: 12, events: [], snapshot: large })
      expect(await read(open.store, id, { folds, prefer: 'smaller' })).toMatchObject({
        snapshot: null,
        from: 0,
      })
    })

    it('replaces a snapshot by the next one', async () => {
      const claim = await createRunning(open.store)
      const snapshotAt = (at: number) => ({ at, fold: 'f@1', state: `{"n":${at}}` })
      await append(open.store, claim, { at: 0, events: events(0, 5), snapshot: snapshotAt(3), trimTo: 3 })
      await append(open.store, claim, { at: 5, events: events(5, 5), snapshot: snapshotAt(9), trimTo: 7 })
      expect(await read(open.store, claim.task.id, { folds })).toMatchObject({
        snapshot: snapshotAt(9),
        from: 9,
        events: events(9, 1),
      })
    })

    it('makes the loss visible when it is trimmed beyond the snapshot, or without one', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 4, fold: 'f@1', state: '{}' }
      await append(open.store, claim, { at: 0, events: events(0, 12), snapshot, trimTo: 6 })
      const page = await read(open.store, claim.task.id, { from: 2, folds })
      expect(page).toMatchObject({ snapshot: null, from: 6, events: events(6, 6), task: { firstIdx: 6 } })
    })

    it('takes a trim that was done before, or that asks for less, as done', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, { at: 0, events: events(0, 6), trimTo: 4 })
      await append(open.store, claim, { at: 6, events: events(6, 1), trimTo: 4 })
      await append(open.store, claim, { at: 7, events: events(7, 1), trimTo: 2 })
      expect(await read(open.store, claim.task.id)).toMatchObject({ from: 4, events: events(4, 4) })
    })

    it('may trim a whole log, which goes on with the next number', async () => {
      const claim = await createRunning(open.store)
      const snapshot = { at: 5, fold: 'f@1', state: '{}' }
      await append(open.store, claim, { at: 0, events: events(0, 5), snapshot, trimTo: 5 })
      expect(await read(open.store, claim.task.id, { folds })).toMatchObject({
        snapshot,
        from: 5,
        events: [],
      })
      expect(await load(open.store, claim.task.id)).toMatchObject({ firstIdx: 5, nextIdx: 5 })
      await write(open.store, claim, 5, 2)
      expect((await read(open.store, claim.task.id)).events).toEqual(events(5, 2))
    })

    it('stays right over many small appends and trims', async () => {
      const claim = await createRunning(open.store)
      for (let at = 0; at < 2_000; at += 20) {
        const trimTo = Math.max(0, at - 30)
        await append(open.store, claim, { at, events: events(at, 20), trimTo })
        if (at % 400 !== 0) continue
        const page = await read(open.store, claim.task.id)
        expect(page).toMatchObject({ from: trimTo, events: events(trimTo, at + 20 - trimTo) })
        const bytes = page.events.slice(0, 3).join('').length
        const part = await read(open.store, claim.task.id, { from: trimTo, maxBytes: bytes })
        expect(part.events).toEqual(events(trimTo, 3))
      }
    })

    it('trims, snapshots and ends in one append', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 5)
      const snapshot = { at: 5, fold: 'f@1', state: '{}' }
      const final = { status: 'succeeded' } as const
      await append(open.store, claim, { at: 5, events: events(5, 1), snapshot, trimTo: 5, final })
      expect(await read(open.store, claim.task.id, { folds })).toMatchObject({
        snapshot,
        from: 5,
        events: events(5, 1),
        task: { status: 'succeeded' },
      })
    })

    it('restarts a log under a new epoch behind its snapshot, and repeats that as ok', async () => {
      const claim = await createRunning(open.store)
      const old = { at: 2, fold: 'f@1', state: '{"n":2}' }
      await append(open.store, claim, { at: 0, events: events(0, 3), snapshot: old })
      const snapshot = { at: 9, fold: 'f@1', state: '{"n":9}' }
      const repair = { at: 9, events: events(9, 2), snapshot, newEpoch: 'epoch-2' }
      const first = await append(open.store, claim, repair)
      expect(first).toEqual({ outcome: 'ok', nextIdx: 11, signals: [] })
      const { revision } = await load(open.store, claim.task.id)
      expect(await append(open.store, claim, repair)).toEqual(first)
      expect((await load(open.store, claim.task.id)).revision).toBe(revision)
      const page = await read(open.store, claim.task.id, { folds })
      expect(page).toMatchObject({ snapshot, from: 9, events: events(9, 2) })
      expect(page.task).toMatchObject({ epoch: 'epoch-2', firstIdx: 9, nextIdx: 11 })
      await finish(open.store, claim, 11)
    })

    it('takes the last append for a repair, not for a repeat, when it comes with a new epoch', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 2)
      await append(open.store, claim, { at: 0, events: events(0, 2), newEpoch: 'epoch-2' })
      expect(await load(open.store, claim.task.id)).toMatchObject({ epoch: 'epoch-2', nextIdx: 2 })
    })

    it('drops the old snapshot when a log restarts without one', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, {
        at: 0,
        events: events(0, 3),
        snapshot: { at: 2, fold: 'f@1', state: '{}' },
      })
      await append(open.store, claim, { at: 1, events: events(1, 1), newEpoch: 'epoch-2' })
      const page = await read(open.store, claim.task.id, { folds })
      expect(page).toMatchObject({ snapshot: null, from: 1, events: events(1, 1) })
      expect(page.task).toMatchObject({ epoch: 'epoch-2', snapshot: null, firstIdx: 1, nextIdx: 2 })
    })
  })
}
