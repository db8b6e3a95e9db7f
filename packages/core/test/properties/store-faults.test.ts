import { expect, it, onTestFinished } from 'vitest'
import { createTaskHandler } from '../../src/http/index.ts'
import { isFinalStatus } from '../../src/protocol/index.ts'
import { type SqliteLike, sqliteStore } from '../../src/stores/sqlite/index.ts'
import { openSqlite, type SqliteFile } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { eventsOf, managerFor, until } from '../support/test-manager.ts'

interface Trouble {
  what: string
  begin(handle: SqliteLike, file: SqliteFile): () => void
}

const troubles: Trouble[] = [
  {
    what: 'full',
    begin(handle) {
      const { page_count } = handle.prepare('PRAGMA page_count').get() as { page_count: number }
      handle.exec(`PRAGMA max_page_count = ${page_count}`)
      return () => handle.exec('PRAGMA max_page_count = 1000000')
    },
  },
  {
    what: 'busy',
    begin(_, file) {
      const other = file.connect()
      other.exec('BEGIN IMMEDIATE')
      return () => other.exec('ROLLBACK')
    },
  },
  {
    what: 'read-only',
    begin(handle) {
      handle.exec('PRAGMA query_only = 1')
      return () => handle.exec('PRAGMA query_only = 0')
    },
  },
]

it.each(troubles)(
  'F3 · a SQLite database that is $what: creates answer 503, nothing is lost, and all goes on after it',
  async ({ begin }) => {
    const [driver] = sqliteDrivers()
    if (driver === undefined) throw new Error('libsql is always there')
    const file = openSqlite(driver)
    onTestFinished(() => file.dispose())
    const handle = file.connect()
    let mayGoOn = false
    let written = 0
    const chunk = 'x'.repeat(5_000)
    const manager = managerFor(
      async ({ emit, flush }) => {
        emit('text_chunk', { content: 'before ' })
        await flush()
        await until(() => mayGoOn)
        for (; written < 20; written++) emit('text_chunk', { content: chunk })
        await flush()
        return 'done'
      },
      { store: sqliteStore(handle, { busyTimeoutMs: 0 }), onError: () => {} },
    )
    const handler = createTaskHandler(manager, {
      authenticate: ({ headers }) => ({ userId: headers.get('x-user') ?? '', via: 'token' }),
    })
    const create = (userId: string): Promise<Response> =>
      handler.fetch(
        new Request('http://localhost/api/tasks', {
          method: 'POST',
          headers: { 'x-user': userId, 'content-type': 'application/json' },
          body: JSON.stringify({ text: chunk.repeat(4) }),
        }),
      )
    const running = await manager.create({ userId: 'ann', input: null })
    await until(async () => (await manager.get(running.id))?.nextIdx === 1)

    const end = begin(handle, file)
    mayGoOn = true
    for (const userId of ['ben', 'cleo']) {
      const refused = await create(userId)
      expect(refused.status).toBe(503)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await refused.json()).toMatchObject({ success: false, code: 'store_unavailable' })
    }
    await until(() => written === 20)
    expect((await manager.get(running.id))?.nextIdx).toBe(1)
    end()
    expect((await create('ben')).status).toBe(202)
    await until(async () => isFinalStatus((await manager.get(running.id))?.status ?? 'pending'))
    const events = await eventsOf(manager, running.id)
    expect(events.map(({ idx }) => idx)).toEqual(Array.from({ length: 23 }, (_, idx) => idx))
    expect(events.at(-1)?.data).toMatchObject({ status: 'succeeded' })
    expect((await manager.list({ userId: 'cleo' })).tasks).toEqual([])
    expect(file.integrity()).toBe('ok')
  },
)
