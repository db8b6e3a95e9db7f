import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TaskError } from '../../../src/errors.ts'
import type { Claim, TaskStore } from '../../../src/store/index.ts'
import { type SqliteLike, sqliteStore } from '../../../src/stores/sqlite/index.ts'
import { openTask } from '../../support/open-task.ts'
import { openSqlite, type SqliteFile } from './open-sqlite.ts'
import { sqliteDrivers } from './sqlite-drivers.ts'

const large = JSON.stringify('x'.repeat(10_000))
const whole = { from: 0, limit: 1e6, maxBytes: 1e9 }

for (const driver of sqliteDrivers()) {
  describe(`F3 · sqliteStore on ${driver.name} in trouble`, () => {
    let file: SqliteFile
    let handle: SqliteLike
    let store: TaskStore
    beforeEach(() => {
      file = openSqlite(driver)
      handle = file.connect()
      store = sqliteStore(handle, { busyTimeoutMs: 0 })
    })
    afterEach(() => file.dispose())

    function append(claim: Claim, at: number, events: readonly string[]): ReturnType<TaskStore['append']> {
      return store.append([{ taskId: claim.task.id, token: claim.token, at, events }])
    }

    async function refusal(call: Promise<unknown>): Promise<TaskError> {
      const error = await call.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (!TaskError.is(error, 'store_unavailable')) throw new Error(`expected an outage, not ${error}`)
      return error
    }

    async function expectOutage(call: Promise<unknown>): Promise<void> {
      const error = await refusal(call)
      expect(error.retryAfter).toBeGreaterThan(0)
      expect(error.cause).toBeInstanceOf(Error)
    }

    it('answers store_unavailable while the database is full, keeps what it had, and goes on when there is room', async () => {
      const claim = await openTask(store)
      await append(claim, 0, ['{}'])
      const row = handle.prepare('PRAGMA page_count').get() as { page_count: number }
      handle.exec(`PRAGMA max_page_count = ${row.page_count + 2}`)
      await expectOutage(append(claim, 1, Array(5).fill(large)))
      await expectOutage(append(claim, 1, Array(5).fill(large)))
      expect((await store.readEvents(claim.task.id, whole))?.events).toEqual(['{}'])

      handle.exec('PRAGMA max_page_count = 1000000')
      expect(await append(claim, 1, Array(5).fill(large))).toMatchObject([{ outcome: 'ok', nextIdx: 6 }])
      expect(file.integrity()).toBe('ok')
    })

    it('takes back the whole batch when the database fails at its second element', async () => {
      const claims = [await openTask(store), await openTask(store)]
      const row = handle.prepare('PRAGMA page_count').get() as { page_count: number }
      handle.exec(`PRAGMA max_page_count = ${row.page_count + 2}`)
      const batch = claims.map(({ task, token }, i) => ({
        taskId: task.id,
        token,
        at: 0,
        events: i === 0 ? ['{}'] : Array<string>(9).fill(large),
      }))
      await expectOutage(store.append(batch))
      for (const { task } of claims) expect(await store.getTask(task.id)).toEqual(task)

      handle.exec('PRAGMA max_page_count = 1000000')
      expect(await store.append(batch)).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok' }])
    })

    it('reads but refuses to write while the handle is read-only', async () => {
      const claim = await openTask(store)
      handle.exec('PRAGMA query_only = 1')
      await expectOutage(append(claim, 0, ['{}']))
      await expectOutage(openTask(store))
      expect(await store.getTask(claim.task.id)).toEqual(claim.task)

      handle.exec('PRAGMA query_only = 0')
      expect(await append(claim, 0, ['{}'])).toMatchObject([{ outcome: 'ok' }])
    })

    it('answers store_unavailable while another connection writes, reads meanwhile, and goes on after it', async () => {
      const claim = await openTask(store)
      const other = file.connect()
      other.exec('BEGIN IMMEDIATE')
      await expectOutage(append(claim, 0, ['{}']))
      await expectOutage(store.signal(claim.task.id, { kind: 'stop', key: 'stop', reason: 'r', actor: 'a' }))
      await expectOutage(store.checkLeases([{ taskId: claim.task.id, token: claim.token }], 1_000))
      expect(await store.getTask(claim.task.id)).toEqual(claim.task)

      other.exec('ROLLBACK')
      expect(await append(claim, 0, ['{}'])).toMatchObject([{ outcome: 'ok' }])
      expect(file.integrity()).toBe('ok')
    })

    it('waits for another connection that writes no longer than it was told to', async () => {
      const patient = sqliteStore(file.connect(), { busyTimeoutMs: 150 })
      file.connect().exec('BEGIN IMMEDIATE')
      const started = performance.now()
      await refusal(patient.deleteFinished({ beforeMs: 0, limit: 1 }))
      expect(performance.now() - started).toBeGreaterThan(100)
    })

    it('opens on a database that is locked just then, and sets itself up once it is free', async () => {
      const fresh = openSqlite(driver)
      const other = fresh.connect()
      other.exec('PRAGMA journal_mode = WAL')
      other.exec('BEGIN IMMEDIATE')
      const late = sqliteStore(fresh.connect(), { busyTimeoutMs: 0 })
      await expectOutage(late.getTask('t'))
      other.exec('ROLLBACK')
      expect(await late.getTask('t')).toBeNull()
      fresh.dispose()
    })

    it('leaves no transaction open when a call fails in its middle', async () => {
      const claim = await openTask(store)
      const broken = sqliteStore(handle, {
        now: () => {
          throw new Error('no clock')
        },
      })
      await expect(broken.append([])).rejects.toThrow('no clock')
      await expect(broken.listWork({ pendingForMs: 0, expiringWithinMs: 0, limit: 1 })).rejects.toThrow()
      expect(await append(claim, 0, ['{}'])).toMatchObject([{ outcome: 'ok' }])
    })

    it('does not call a damaged file an outage', async () => {
      const claim = await openTask(store)
      handle.exec(`UPDATE outlast_tasks SET status = 'lost'`)
      await expect(store.getTask(claim.task.id)).rejects.toThrow('unknown status lost')
      await expect(store.getTask(claim.task.id)).rejects.toBeInstanceOf(TypeError)
    })

    it('refuses a database of a newer release with a sentence that says so, and does not touch it', async () => {
      handle.exec('UPDATE outlast_schema SET version = 99')
      const open = () => sqliteStore(file.connect())
      expect(open).toThrow(/schema 99.*update @outlast\/core/)
      expect(open).toThrow(expect.objectContaining({ code: 'store_unavailable', retryAfter: null }))
      expect(handle.prepare('SELECT version FROM outlast_schema').get()).toMatchObject({ version: 99 })
    })

    it('closes the handle only when it is told to', async () => {
      await store.close()
      expect(handle.prepare('SELECT 1 AS one').get()).toMatchObject({ one: 1 })
      const own = driver.connect(file.path)
      await sqliteStore(own, { closeDatabase: true }).close()
      expect(() => own.prepare('SELECT 1').get()).toThrow(/not open|closed/)
    })
  })
}
