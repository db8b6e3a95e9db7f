import { workload as appendMemory } from './append-memory.mjs'
import { workload as appendSqlite } from './append-sqlite.mjs'
import { workload as clientRestore } from './client-restore.mjs'
import { workload as delivery } from './delivery.mjs'
import { workload as fold } from './fold.mjs'
import { workload as idleWatchers } from './idle-watchers.mjs'
import { workload as readPath } from './read-path.mjs'
import { workload as restart } from './restart.mjs'
import { workload as storedMemory } from './stored-memory.mjs'

/** Every workload, in the order of the report. @type {Readonly<Record<string, import('../lib/workload.mjs').Workload>>} */
export const workloads = {
  'append-memory': appendMemory,
  'append-sqlite': appendSqlite,
  'stored-memory': storedMemory,
  restart,
  'read-path': readPath,
  delivery,
  'idle-watchers': idleWatchers,
  fold,
  'client-restore': clientRestore,
}
