import type { Json } from '../../store/index.ts'
import { number, text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'

/** Rows of one INSERT at most: a call of the driver costs more than what SQLite does for a row. */
const rowsPerInsert = 32

/** Rows of one SELECT, so that a byte limit does not read far beyond itself. */
const rowsPerRead = 128

const select = `SELECT event FROM outlast_events WHERE task = ? AND idx >= ? AND idx < ? ORDER BY idx`

/** A row costs one parameter, and what they share is given once; a single one need not be selected. */
function insertOf(rows: number): string {
  const task = '(SELECT ref FROM outlast_tasks WHERE id = ?)'
  if (rows === 1) return `INSERT INTO outlast_events VALUES (${task}, ?, ?)`
  const values = Array.from({ length: rows }, (_, row) => `(${row}, ?)`)
  return `INSERT INTO outlast_events SELECT ${task}, ? + column1, column2 FROM (VALUES ${values.join(', ')})`
}

/** By the number of rows. */
const inserts = Array.from({ length: rowsPerInsert + 1 }, (_, rows) => insertOf(rows))

/** Writes events of a task, of which the first gets idx `at`. */
export function insertEvents(session: SqliteSession, id: string, at: number, events: readonly Json[]): void {
  for (let done = 0; done < events.length; done += rowsPerInsert) {
    const rows = events.slice(done, done + rowsPerInsert)
    session.run(inserts[rows.length] ?? insertOf(rows.length), id, at + done, ...rows)
  }
}

/** Removes the events below `idx`. */
export function trimEvents(session: SqliteSession, task: number, idx: number): void {
  session.run('DELETE FROM outlast_events WHERE task = ? AND idx < ?', task, idx)
}

/** Removes a whole log. */
export function deleteEvents(session: SqliteSession, task: number): void {
  session.run('DELETE FROM outlast_events WHERE task = ?', task)
}

/** The events in `[from, to)`. */
export function selectEvents(session: SqliteSession, task: number, from: number, to: number): Json[] {
  return session.all(select, task, from, to).map((row) => text(row, 'event'))
}

/** UTF-8 bytes of the events in `[from, to)`. */
export function countBytes(session: SqliteSession, task: number, from: number, to: number): number {
  const row = session.get(
    `SELECT TOTAL(LENGTH(CAST(event AS BLOB))) AS bytes FROM outlast_events
    WHERE task = ? AND idx >= ? AND idx < ?`,
    ...[task, from, to],
  )
  return row === undefined ? 0 : number(row, 'bytes')
}

/** The events of `[from, to)`: at most `limit`, at most `maxBytes` but at least one of them. */
export function pageOfEvents(
  session: SqliteSession,
  task: number,
  range: { from: number; to: number },
  most: { limit: number; maxBytes: number },
): Json[] {
  const end = Math.min(range.to, range.from + most.limit)
  const events: Json[] = []
  let bytes = 0
  for (let from = range.from; from < end; from += rowsPerRead) {
    for (const event of selectEvents(session, task, from, Math.min(end, from + rowsPerRead))) {
      bytes += Buffer.byteLength(event)
      if (bytes > most.maxBytes && events.length > 0) return events
      events.push(event)
    }
  }
  return events
}
