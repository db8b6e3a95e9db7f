import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import {
  acquire,
  append,
  create,
  createRunning,
  draftOf,
  event,
  events,
  finish,
  load,
  read,
  reject,
  stop,
  tryAcquire,
  ttlMs,
} from './task-steps.ts'

/** How many of each outcome. */
function tally(answers: readonly { outcome: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

/** Calls that meet: each is one step, and of two that exclude each other one wins. */
export function describeConcurrency(makeStore: MakeStore): void {
  describe('concurrency', () => {
    const open = useStore(makeStore)

    /** Alternates between the nodes. */
    function node(i: number) {
      return i % 2 === 0 ? open.store : open.peer
    }

    function together<Answer>(count: number, call: (i: number) => Promise<Answer>): Promise<Answer[]> {
      return Promise.all(Array.from({ length: count }, (_, i) => call(i)))
    }

    it('gives a scope to one of a hundred creates', async () => {
      const answers = await together(100, (i) =>
        node(i).createTask(draftOf(open.store, { scope: 's1' }), reject),
      )
      expect(tally(answers)).toEqual({ created: 1, conflict: 99 })
      expect((await open.store.listTasks({ userId: 'ann', limit: 200 })).tasks).toHaveLength(1)
    })

    it('makes one task of a hundred creates with one idempotency key', async () => {
      const idempotency = { key: 'k', bodyHash: 'h', ttlMs: 60_000 }
      const answers = await together(100, (i) =>
        node(i).createTask(draftOf(open.store, { idempotency }), reject),
      )
      expect(tally(answers)).toEqual({ created: 1, same_key: 99 })
      const ids = answers.map((answer) => ('task' in answer ? answer.task?.id : undefined))
      expect(new Set(ids).size).toBe(1)
    })

    it('makes one task of a create that was sent ten times', async () => {
      const draft = draftOf(open.store, { scope: 's1' })
      const answers = await together(10, (i) => node(i).createTask(draft, reject))
      expect(tally(answers)).toEqual({ created: 10 })
      expect((await open.store.listTasks({ userId: 'ann', limit: 200 })).tasks).toHaveLength(1)
    })

    it('gives a lease to one of many', async () => {
      const task = await create(open.store)
      const answers = await together(50, (i) => tryAcquire(node(i), task.id))
      expect(tally(answers)).toEqual({ acquired: 1, held: 49 })
      expect(await load(open.store, task.id)).toMatchObject({ attempt: 1 })
    })

    it('gives an expired lease to one of many, or back to its owner', async () => {
      const old = await createRunning(open.store)
      const { id } = old.task
      await open.clock.advance(ttlMs + 1)
      const seen = { token: old.token, beat: 0 }
      const [answers, renewed] = await Promise.all([
        together(20, (i) => tryAcquire(node(i), id, { seen })),
        open.store.checkLeases([{ taskId: id, token: old.token }], ttlMs),
      ])
      const taken = tally(answers).acquired ?? 0
      expect(taken + (renewed[0]?.state === 'held' ? 1 : 0)).toBe(1)
    })

    it('never loses a queued task when creates meet ends: somebody always holds the slot', async () => {
      let claim = await createRunning(open.store, { scope: 's1' })
      for (let round = 0; round < 50; round++) {
        const [ended, created] = await Promise.all([
          finish(open.store, claim),
          open.peer.createTask(draftOf(open.store, { scope: 's1' }), { policy: 'queue', max: 5 }),
        ])
        if (created.outcome !== 'created') throw new Error(created.outcome)
        const next = await load(open.store, created.task.id)
        expect(next.holdsSlot).toBe(true)
        expect(ended.promoted ?? next.id).toBe(next.id)
        claim = await acquire(open.store, next.id)
      }
    })

    it('never shows two places in a queue under one revision', async () => {
      await createRunning(open.store, { scope: 's1' })
      const queue = { policy: 'queue', max: 30 } as const
      const waiting: string[] = []
      for (let i = 0; i < 30; i++) waiting.push((await create(open.store, { scope: 's1' }, queue)).id)
      const last = waiting.pop() ?? ''
      const seen = new Map<number, number | null>()
      let isEmpty = false
      const watch = async (): Promise<void> => {
        while (!isEmpty) {
          const { revision, queuePosition } = await load(open.peer, last)
          if (seen.has(revision)) expect(queuePosition).toBe(seen.get(revision))
          seen.set(revision, queuePosition)
        }
      }
      const leave = async (): Promise<void> => {
        try {
          for (const id of waiting) await open.store.signal(id, stop)
        } finally {
          isEmpty = true
        }
      }
      await Promise.all([watch(), leave()])
    })

    it('lets either a stop or a gated success win, never both', async () => {
      for (let round = 0; round < 50; round++) {
        const claim = await createRunning(open.store)
        const success = {
          at: 0,
          events: [event(0)],
          unlessStopped: true,
          final: { status: 'succeeded' },
        } as const
        const send = () => append(open.store, claim, success)
        const halt = () => open.peer.signal(claim.task.id, stop)
        const [ended, stopped] =
          round % 2 === 0 ? await Promise.all([send(), halt()]) : await inverse(send, halt)
        const won = ended.outcome === 'ok'
        expect(ended.outcome).toBe(won ? 'ok' : 'stopped')
        expect(stopped.outcome).toBe(won ? 'finished' : 'accepted')
        const task = await load(open.store, claim.task.id)
        expect(task.status).toBe(won ? 'succeeded' : 'cancel_requested')
        expect(task.stop === null).toBe(won)
      }
    })

    it('writes an append once that is sent several times at once', async () => {
      const claim = await createRunning(open.store)
      const answers = await together(10, () => append(open.store, claim, { at: 0, events: events(0, 3) }))
      expect(answers).toEqual(Array(10).fill({ outcome: 'ok', nextIdx: 3, signals: [] }))
      expect((await read(open.store, claim.task.id)).events).toEqual(events(0, 3))
    })

    it('shows a reader only whole appends, in order, and a record that fits them', async () => {
      const claim = await createRunning(open.store)
      const { id } = claim.task
      const readAll = async (): Promise<string[]> => {
        const seen: string[] = []
        // Bounded, so that a store that fails does not keep the reader going.
        for (let round = 0; round < 100_000 && seen.length < 300; round++) {
          const page = await read(open.peer, id, { from: seen.length })
          expect(page.events.length % 3).toBe(0)
          expect(page.task.nextIdx).toBe(seen.length + page.events.length)
          seen.push(...page.events)
        }
        return seen
      }
      const writeAll = async (): Promise<void> => {
        for (let at = 0; at < 300; at += 3) await append(open.store, claim, { at, events: events(at, 3) })
      }
      const [seen] = await Promise.all([readAll(), writeAll()])
      expect(seen).toEqual(events(0, 300))
    })
  })
}

async function inverse<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const later = second()
  return [await first(), await later]
}
