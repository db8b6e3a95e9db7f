// A process of its own that runs the crash tests' tasks on a database file. It is bundled, forked, and killed.
import { createRequire } from 'node:module'
import { TaskManager } from '../../src/index.ts'
import { type SqliteLike, sqliteStore } from '../../src/stores/sqlite/index.ts'
import { crashLimits, crashTask } from './crash-task.ts'

const [driver = '', file = ''] = process.argv.slice(2)
const Database = createRequire(import.meta.url)(driver) as new (file: string) => SqliteLike

const manager = new TaskManager({
  store: sqliteStore(new Database(file)),
  tasks: [crashTask('once'), crashTask('again')],
  limits: crashLimits,
  onError: (error, { stage }) => process.send?.({ say: 'error', stage, message: String(error) }),
})
manager.on('run_ended', (taskId) => process.send?.({ say: 'run_ended', taskId }))
process.on('message', (request: { type: string; userId: string; input: unknown }) => {
  manager.create(request).then(
    ({ id }) => process.send?.({ say: 'created', id }),
    (error: unknown) => process.send?.({ say: 'refused', message: String(error) }),
  )
})
process.send?.({ say: 'ready' })
