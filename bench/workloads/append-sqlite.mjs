import { join } from 'node:path'
import { sqliteStore } from '@outlast/core/sqlite'
import Database from 'libsql'
import { outlastManager } from '../contenders/outlast-manager.mjs'
import { outlastStore } from '../contenders/outlast-store.mjs'
import { rawInserts } from '../contenders/raw-inserts.mjs'
import { measureWriting } from '../lib/measure-writing.mjs'
import { textScript } from '../lib/scripts.mjs'

const shapes = [
  { name: '1', title: '1 event a transaction', tasks: 1, batch: 1, steps: 2_000 },
  { name: '10', title: '10 events a transaction', tasks: 1, batch: 10, steps: 1_000 },
  { name: '100', title: '100 events a transaction', tasks: 1, batch: 100, steps: 200 },
  { name: '10x10', title: '10 tasks with 10 events each a transaction', tasks: 10, batch: 10, steps: 200 },
]

const contenders = [
  { name: 'limit', title: 'prepared INSERTs (limit)', open: rawInserts },
  {
    name: 'store',
    title: 'Outlast, the store alone',
    open: (/** @type {import('libsql').Database} */ database) => outlastStore(sqliteStore(database)),
  },
  {
    name: 'manager',
    title: 'Outlast, runners that emit and flush',
    open: (/** @type {import('libsql').Database} */ database) =>
      outlastManager({ store: sqliteStore(database) }),
  },
]

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Appends in SQLite',
  about: `Into a file, through \`libsql\`, in WAL mode with \`synchronous = NORMAL\`. The limit binds the same texts, made beforehand,
to one prepared INSERT of (task, idx, text) per event, in transactions of the same size. "The store alone" is given the same
texts and does what every append needs: lease, numbers, status, revision. The last row is whole tasks: check, JSON, fold,
snapshots and cap included, none of which the limit has; its tasks share transactions as they happen to meet.`,
  columns: [
    { title: 'events/s', of: 'eventsPerSecond', kind: 'number' },
    { title: 'CPU µs / event', of: 'cpuMicrosPerEvent', kind: 'number' },
    { title: 'CPU × limit', of: 'cpuMicrosPerEvent', kind: 'ratio' },
  ],
  ratio: { title: 'events/s × limit', of: 'eventsPerSecond', goal: { least: 0.6 } },
  cases: (quick) =>
    shapes.flatMap(({ name: size, title: group, tasks, batch, steps }) =>
      contenders.map(({ name, title, open }) => ({
        name: `${size}-${name}`,
        group,
        title,
        ...(name !== 'limit' && { against: `${size}-limit`, hasGoal: true }),
        measure: async (directory) => {
          const contender = open(new Database(join(directory, `${process.pid}.db`)))
          const script = textScript(batch * steps)
          const times = quick ? { warmMs: 100, ms: 300 } : { warmMs: 250, ms: 600 }
          const scripts = Array.from({ length: tasks }, () => script)
          const measured = await measureWriting(contender, { scripts, batch }, times)
          await contender.close()
          return measured
        },
      })),
    ),
}
