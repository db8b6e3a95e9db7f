import { copyFileSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { openSqlite } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { openTask } from '../support/open-task.ts'

const seed = Number(process.env.OUTLAST_SEED ?? Date.now() % 1e6)
const cuts = 60
const whole = { from: 0, limit: 1e6, maxBytes: 1e9 }
const text = (idx: number): string => JSON.stringify({ idx, filler: 'x'.repeat(300) })

it(`R4 · a SQLite file whose tail was torn off opens sound, as it was at an earlier commit, and goes on from there (seed ${seed})`, async () => {
  const [driver] = sqliteDrivers()
  if (driver === undefined) throw new Error('libsql is always there')
  const file = openSqlite(driver)
  onTestFinished(() => file.dispose())
  const store = sqliteStore(file.connect())
  const { task, token } = await openTask(store)
  const commits = [0]
  for (let next = 0; next < 400; ) {
    const count = 1 + (next % 7)
    const events = Array.from({ length: count }, (_, i) => text(next + i))
    await store.append([{ taskId: task.id, token, at: next, events }])
    next += count
    commits.push(next)
  }
  const acknowledged = commits.at(-1) ?? 0
  const wal = `${file.path}-wal`
  const size = readFileSync(wal).length

  const random = seededRandom(seed)
  const lengths = new Set<number>()
  for (let cut = 0; cut <= cuts; cut++) {
    // As a crash of the machine leaves it, anywhere behind the first half; the last cut takes nothing away.
    const path = join(dirname(file.path), `cut${cut}`, 'tasks.db')
    mkdirSync(dirname(path))
    copyFileSync(file.path, path)
    copyFileSync(wal, `${path}-wal`)
    if (cut < cuts) truncateSync(`${path}-wal`, Math.floor(size * (0.5 + random() / 2)))

    const handle = driver.connect(path)
    const torn = sqliteStore(handle)
    const page = await torn.readEvents(task.id, whole)
    const next = page?.task.nextIdx ?? -1
    expect(commits).toContain(next)
    expect(page?.events).toEqual(Array.from({ length: next }, (_, idx) => text(idx)))
    expect(handle.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
    // The writer that goes on where it was is told what is missing; whoever goes on from the end is heard.
    const late = { taskId: task.id, token, at: acknowledged, events: [text(acknowledged)] }
    const [answer] = await torn.append([late])
    expect(answer).toMatchObject(
      next === acknowledged ? { outcome: 'ok', nextIdx: next + 1 } : { outcome: 'gap', nextIdx: next },
    )
    if (next < acknowledged) await torn.append([{ ...late, at: next, events: [text(next)] }])
    expect((await torn.readEvents(task.id, whole))?.events.at(-1)).toBe(text(next))
    handle.close()
    lengths.add(next)
  }
  expect(lengths.has(acknowledged)).toBe(true)
  expect(lengths.size).toBeGreaterThan(10)
})
