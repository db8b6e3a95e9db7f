import { describe, expect, it, onTestFinished } from 'vitest'
import { blockFold } from '../../../src/blocks/index.ts'
import { type SqliteLike, sqliteStore } from '../../../src/stores/sqlite/index.ts'
import { openTask } from '../../support/open-task.ts'
import { eventsOf, managerFor } from '../../support/test-manager.ts'
import { openSqlite } from './open-sqlite.ts'
import { sqliteDrivers } from './sqlite-drivers.ts'

for (const driver of sqliteDrivers()) {
  describe(`sqliteStore on ${driver.name}, opened again`, () => {
    /** Opens the file for the first time, and again with every call. */
    function openAgain(): () => SqliteLike {
      const file = openSqlite(driver)
      onTestFinished(() => {
        expect(file.integrity()).toBe('ok')
        file.dispose()
      })
      let last: SqliteLike | null = null
      return () => {
        last = file.connect()
        return last
      }
    }

    it('has everything: records, logs, snapshots, signals, leases, queues, keys and durations', async () => {
      const open = openAgain()
      const before = sqliteStore(open())
      const idempotency = { key: 'k', bodyHash: 'h', ttlMs: 60_000 }
      const running = await openTask(before, { scope: 's', idempotency, input: '"in"', session: '"s"' })
      const { id } = running.task
      const queued = await before.createTask(
        { ...running.task, id: 'queued', input: '1', session: null, idempotency: null },
        { policy: 'queue', max: 1 },
      )
      const ended = await openTask(before)
      const end = { at: 0, events: ['{}'], final: { status: 'succeeded', result: '1' } } as const
      await before.append([{ taskId: ended.task.id, token: ended.token, ...end }])
      const events = Array.from({ length: 300 }, (_, idx) => JSON.stringify({ idx }))
      const write = { taskId: id, token: running.token, at: 0, events, carry: '"c"', trimTo: 100 }
      await before.append([{ ...write, snapshot: { at: 200, fold: 'f@1', state: '"state"' } }])
      const input = { kind: 'input', key: 'input:a', value: '1', actor: 'ann' } as const
      await before.signal(id, input)
      const query = { from: 0, limit: 1_000, maxBytes: 1e9, folds: ['f@1'] }
      const page = await before.readEvents(id, query)
      const work = await before.listWork({ pendingForMs: 0, expiringWithinMs: 1e9, limit: 9 })
      const stats = await before.stats()
      await before.close()

      const after = sqliteStore(open())
      expect(await after.readEvents(id, query)).toEqual(page)
      expect(page).toMatchObject({ from: 200, snapshot: { state: '"state"' }, events: events.slice(200) })
      expect(await after.stats()).toEqual(stats)
      expect(stats.durationsMs).toEqual({ work: [expect.any(Number)] })
      expect(await after.listWork({ pendingForMs: 0, expiringWithinMs: 1e9, limit: 9 })).toEqual(work)
      expect(await after.checkLeases([{ taskId: id, token: running.token }])).toEqual([
        { taskId: id, state: 'held', signals: [input] },
      ])
      expect(
        await after.acquireLease(id, { claimId: id, owner: 'x', ttlMs: 1, purpose: 'run' }),
      ).toMatchObject({
        token: running.token,
        input: '"in"',
        session: '"s"',
      })
      const again = { ...running.task, id: 'again', input: '1', session: null, idempotency }
      expect(await after.createTask(again, { policy: 'reject' })).toMatchObject({
        outcome: 'same_key',
        task: { id },
      })
      // The repeat of an append whose answer was lost with the process.
      expect(await after.append([write])).toMatchObject([{ outcome: 'ok', nextIdx: 300 }])
      const final = { ...end, at: 300, taskId: id, token: running.token }
      expect(await after.append([final])).toMatchObject([{ outcome: 'ok', promoted: 'queued' }])
      expect(queued).toMatchObject({ outcome: 'created', task: { holdsSlot: false } })
      expect(await after.getTask('queued')).toMatchObject({ holdsSlot: true })
    })

    it('keeps the log of a task that a manager ran, for the next manager to read', async () => {
      const open = openAgain()
      const first = managerFor(
        async ({ emit, flush }) => {
          emit('text_start', {})
          for (let i = 0; i < 1_500; i++) {
            emit('text_chunk', { content: `word ${i} ` })
            if (i % 100 === 0) await flush()
          }
          emit('text_end', {})
          return { words: 1_500 }
        },
        { store: sqliteStore(open()) },
      )
      const task = await first.create({ userId: 'u1', input: {} })
      const record = await task.finished()
      const log = await eventsOf(first, task.id, record.firstIdx)
      await first.close({ drainMs: 0 })

      const second = managerFor(() => null, { store: sqliteStore(open()) })
      expect(await second.get(task.id)).toEqual(record)
      expect(record).toMatchObject({ status: 'succeeded', result: '{"words":1500}' })
      expect(await eventsOf(second, task.id, record.firstIdx)).toEqual(log)
      expect(log.at(-1)?.type).toBe('task_complete')
      const restored = await second.read(task.id, { from: 0, folds: [blockFold.name] })
      expect(restored?.task.nextIdx).toBe(record.nextIdx)
    })
  })
}
