import { eventText } from '../lib/scripts.mjs'

/**
 * The limit in SQLite: a prepared INSERT per event, one transaction per batch of all tasks, with the settings that
 * Outlast's store makes.
 *
 * @param {import('libsql').Database} database
 * @returns {import('./contender.mjs').Contender}
 */
export function rawInserts(database) {
  database.exec('PRAGMA synchronous = NORMAL')
  database.prepare('PRAGMA journal_mode = WAL').get()
  database.exec(`CREATE TABLE events (task INTEGER NOT NULL, idx INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (task, idx)) WITHOUT ROWID`)
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?)')
  let lastTask = 0
  return {
    prepare({ scripts, batch }) {
      const tasks = scripts.map((script) => ({
        task: ++lastTask,
        texts: script.map((event, idx) => eventText(idx, event)),
      }))
      const length = scripts[0]?.length ?? 0
      return async () => {
        for (let at = 0; at < length; at += batch) {
          database.exec('BEGIN IMMEDIATE')
          for (const { task, texts } of tasks) {
            const end = Math.min(at + batch, length)
            for (let idx = at; idx < end; idx++) insert.run(task, idx, texts[idx])
          }
          database.exec('COMMIT')
          await undefined
        }
        return tasks.length * length
      }
    },
    close() {
      database.close()
    },
  }
}
