import { TaskError } from '../../errors.ts'
import { number } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'

/**
 * What each version of the schema adds to the one before it. A step that was released is never changed again.
 *
 * Strings are in the form of `encodeText`. `ref` is the short key of a task: it grows with every create, so that it also
 * tells which of two tasks is older.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE outlast_tasks (
    ref INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    user_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    conversation_id TEXT,
    scope TEXT,
    status TEXT NOT NULL,
    holds_slot INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    deadline_at INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 1,
    epoch TEXT NOT NULL,
    first_idx INTEGER NOT NULL DEFAULT 0,
    next_idx INTEGER NOT NULL DEFAULT 0,
    snapshot_at INTEGER,
    snapshot_fold TEXT,
    stop_reason TEXT,
    stop_actor TEXT,
    stop_at REAL,
    lease_token TEXT,
    lease_claim TEXT,
    lease_owner TEXT,
    lease_purpose TEXT,
    lease_expires_at INTEGER,
    lease_beat INTEGER NOT NULL DEFAULT 0,
    lease_ended INTEGER NOT NULL DEFAULT 0,
    waiting_since INTEGER NOT NULL,
    unsettled INTEGER NOT NULL DEFAULT 0,
    promoted TEXT,
    last_at INTEGER,
    last_trimmed TEXT,
    summary TEXT NOT NULL,
    carry TEXT,
    progress TEXT,
    result TEXT,
    error TEXT
  );
  CREATE INDEX outlast_tasks_by_user ON outlast_tasks (user_id, created_at, id, finished_at);
  CREATE INDEX outlast_tasks_by_status ON outlast_tasks (status);
  CREATE INDEX outlast_tasks_by_end ON outlast_tasks (finished_at) WHERE finished_at IS NOT NULL;
  CREATE UNIQUE INDEX outlast_slots ON outlast_tasks (scope) WHERE holds_slot = 1 AND scope IS NOT NULL;
  CREATE INDEX outlast_queues ON outlast_tasks (scope) WHERE holds_slot = 0 AND status = 'pending';
  CREATE INDEX outlast_leases ON outlast_tasks (lease_ended) WHERE lease_token IS NOT NULL AND lease_ended = 0;

  CREATE TABLE outlast_inputs (task INTEGER PRIMARY KEY, input TEXT NOT NULL, session TEXT);
  CREATE TABLE outlast_snapshots (task INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, state TEXT NOT NULL);
  CREATE TABLE outlast_events (
    task INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (task, idx)
  ) WITHOUT ROWID;

  CREATE TABLE outlast_signals (
    seq INTEGER PRIMARY KEY,
    task INTEGER NOT NULL,
    key TEXT NOT NULL,
    body TEXT,
    UNIQUE (task, key)
  );

  CREATE TABLE outlast_keys (
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    task_id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (user_id, type, key)
  );
  CREATE INDEX outlast_keys_by_expiry ON outlast_keys (expires_at);

  CREATE TABLE outlast_durations (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, ms INTEGER NOT NULL);
  CREATE INDEX outlast_durations_by_type ON outlast_durations (type, seq);
  `,
]

/** The version that this release writes. */
const schemaVersion = migrations.length

/**
 * Brings the tables to {@link schemaVersion}; a database that has it is only read.
 *
 * @throws TaskError `store_unavailable` without `retryAfter` when a newer release has written it.
 */
export function migrate(session: SqliteSession): void {
  if (knownVersion(session) === schemaVersion) return
  session.write(() => {
    // Again, since another process may have come first.
    const version = knownVersion(session)
    if (version === schemaVersion) return
    if (version === 0) {
      // Not `user_version`: the database may hold tables of the application, too, which has that one number for itself.
      session.exec('CREATE TABLE outlast_schema (version INTEGER NOT NULL)')
      session.run('INSERT INTO outlast_schema VALUES (?)', version)
    }
    for (const step of migrations.slice(version)) session.exec(step)
    session.run('UPDATE outlast_schema SET version = ?', schemaVersion)
  })
}

/** The version in the database, 0 for none. */
function knownVersion(session: SqliteSession): number {
  const table = session.get(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outlast_schema'`)
  const row = table && session.get('SELECT version FROM outlast_schema')
  const version = row === undefined ? 0 : number(row, 'version')
  if (version <= schemaVersion) return version
  throw new TaskError(
    'store_unavailable',
    `The database has schema ${version}, and this release knows ${schemaVersion}: update @outlast/core.`,
  )
}
