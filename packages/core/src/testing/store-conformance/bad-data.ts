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
} from './task-steps.ts'

const nasty: Readonly<Record<string, string>> = {
  'NUL characters': 'a\u0000b\u0000',
  'lone surrogates': '\ud800 and \udfff',
  'line separators': 'a\r\nb\u2028c\u2029d',
  'quotes and wildcards': `'"; DROP TABLE tasks; -- {%} * ? [a] $1 \\`,
  'astral characters': '👩‍👩‍👧 𝔘𝔫𝔦',
  'a prototype name': '__proto__',
  'another prototype name': 'constructor',
  nothing: '',
}

/** Texts that have broken stores before: they come back as they were, or not at all, but never changed. */
export function describeBadData(makeStore: MakeStore): void {
  describe('badData', () => {
    const open = useStore(makeStore)

    for (const [what, text] of Object.entries(nasty)) {
      it(`keeps ${what} in users, workspaces, conversations, scopes, keys and types apart from others`, async () => {
        const fields = {
          userId: text,
          workspaceId: text,
          conversationId: text,
          scope: text,
          type: text,
          idempotency: { key: text, bodyHash: text, ttlMs: 1_000 },
        }
        const task = await create(open.store, fields)
        const { idempotency, ...stored } = fields
        expect(await load(open.store, task.id)).toMatchObject(stored)
        const query = { userId: text, workspaceId: text, conversationId: text, limit: 10 }
        expect((await open.store.listTasks(query)).tasks).toEqual([task])
        expect((await open.store.listTasks({ userId: 'ann', limit: 10 })).tasks).toEqual([])
        expect(await open.store.createTask(draftOf(open.store, fields), reject)).toEqual({
          outcome: 'same_key',
          task,
        })
        expect(await open.store.createTask(draftOf(open.store, { scope: text }), reject)).toMatchObject({
          outcome: 'conflict',
        })
        expect(
          await open.store.listWork({ types: [text], pendingForMs: 0, expiringWithinMs: 0, limit: 9 }),
        ).toEqual([{ taskId: task.id, type: text, reason: 'pending', token: null, beat: 0 }])
        await finish(open.store, await acquire(open.store, task.id))
        expect(Object.entries((await open.store.stats()).durationsMs)).toEqual([[text, [0]]])
      })

      it(`returns ${what} unchanged in events, states, results, signals and stops`, async () => {
        const json = JSON.stringify(text)
        const claim = await createRunning(open.store, { input: json, session: json, summary: json })
        expect(claim).toMatchObject({ input: json, session: json, task: { summary: json } })
        const input = { kind: 'input', key: `input:${text}`, value: json, actor: text } as const
        const stop = { kind: 'stop', key: 'stop', reason: text, actor: text } as const
        await open.store.signal(claim.task.id, input)
        await open.store.signal(claim.task.id, stop)
        const snapshot = { at: 1, fold: 'f@1', state: json }
        const fields = { carry: json, patch: { progress: json, conversationId: text } }
        const outcome = await append(open.store, claim, {
          at: 0,
          events: [event(0, text), event(1, text)],
          snapshot,
          ...fields,
        })
        expect(outcome).toEqual({ outcome: 'ok', nextIdx: 2, signals: [input, stop] })
        await finish(open.store, claim, 2, { status: 'failed', result: json, error: json })
        const page = await read(open.store, claim.task.id, { folds: ['f@1'], prefer: 'tail' })
        expect(page.events.slice(0, 2)).toEqual([event(0, text), event(1, text)])
        expect(page.task).toMatchObject({
          carry: json,
          progress: json,
          conversationId: text,
          result: json,
          error: json,
          stop: { reason: text, actor: text },
        })
      })

      it(`answers ${what} as a task id with not found`, async () => {
        expect(await open.store.getTask(text)).toBeNull()
        expect(await open.store.readEvents(text, { from: 0, limit: 1, maxBytes: 1 })).toBeNull()
        expect(await open.store.append([{ taskId: text, token: text, at: 0, events: events(0, 1) }])).toEqual(
          [{ outcome: 'not_found' }],
        )
        expect(await open.store.deleteTask(text)).toBe('not_found')
        expect(await open.store.checkLeases([{ taskId: text, token: text }], 1)).toEqual([
          { taskId: text, state: 'lost' },
        ])
      })
    }

    it('tells users apart whose names differ only in a lone surrogate', async () => {
      const task = await create(open.store, { userId: 'a\ud800', scope: 's\ud800' })
      await create(open.store, { userId: 'a\ud801', scope: 's\ud801' })
      expect((await open.store.listTasks({ userId: 'a\ud800', limit: 9 })).tasks).toEqual([task])
      expect((await open.store.listTasks({ userId: 'a\ufffd', limit: 9 })).tasks).toEqual([])
    })

    it('keeps strings of a megabyte whole', async () => {
      const large = 'é'.repeat(500_000)
      const json = JSON.stringify(large)
      const claim = await createRunning(open.store, { input: json, summary: json })
      expect(claim.input).toBe(json)
      await append(open.store, claim, {
        at: 0,
        events: [event(0, large)],
        snapshot: { at: 1, fold: 'f@1', state: json },
        patch: { progress: json },
      })
      await finish(open.store, claim, 1, { status: 'succeeded', result: json })
      const page = await read(open.store, claim.task.id)
      expect(page.events[0] === event(0, large)).toBe(true)
      expect(page.task.summary === json && page.task.progress === json && page.task.result === json).toBe(
        true,
      )
    })

    it('does not look into texts: what is not JSON comes back as it was', async () => {
      const claim = await createRunning(open.store, { input: '{not json', summary: 'neither' })
      expect(claim).toMatchObject({ input: '{not json', task: { summary: 'neither' } })
      await append(open.store, claim, { at: 0, events: [']'], carry: '}' })
      expect(await read(open.store, claim.task.id)).toMatchObject({ events: [']'], task: { carry: '}' } })
    })
  })
}
