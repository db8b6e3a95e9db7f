// A process of its own with a manager on a database file. It is bundled and forked by `fork-process.ts`.
import { createRequire } from 'node:module'
import { TaskError, TaskManager } from '../../src/index.ts'
import { type SqliteLike, sqliteStore } from '../../src/stores/sqlite/index.ts'
import type { CreateAnswer, ProcessMessage, ProcessRequest, ProcessSetup } from './process-messages.ts'
import { processTasks } from './process-tasks.ts'

const { driver, file, limits } = JSON.parse(process.argv[2] ?? '') as ProcessSetup
const Database = createRequire(import.meta.url)(driver) as new (file: string) => SqliteLike

const say = (message: ProcessMessage): void => {
  process.send?.(message)
}

const manager = new TaskManager({
  store: sqliteStore(new Database(file)),
  tasks: processTasks((told) => say({ say: 'told', told })),
  limits,
  onError: (error, { stage }) => say({ say: 'error', stage, message: String(error) }),
})
manager.on('run_ended', (taskId) => say({ say: 'run_ended', taskId }))

process.on('message', ({ number, request, times }: ProcessRequest) => {
  const creates = Array.from({ length: times }, () =>
    manager.create(request).then(
      ({ id, outcome }): CreateAnswer => ({ id, outcome }),
      (error: unknown): CreateAnswer => {
        if (!TaskError.is(error)) throw error
        return { id: error.taskId, outcome: error.code }
      },
    ),
  )
  void Promise.all(creates).then((answers) => say({ say: 'answered', number, answers }))
})
process.once('SIGTERM', () => {
  void manager.close({ drainMs: 300 }).then(() => process.exit(0))
})
say({ say: 'ready' })
