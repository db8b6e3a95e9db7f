// A process of its own on a database file. It is bundled and forked by `fork-worker.ts`, with its job as argument.
import { createRequire } from 'node:module'
import { TaskError } from '../../../src/errors.ts'
import { type SqliteLike, sqliteStore } from '../../../src/stores/sqlite/index.ts'
import type { WorkerJob, WorkerMessage } from './worker-messages.ts'

const job = JSON.parse(process.argv[2] ?? '') as WorkerJob
const Database = createRequire(import.meta.url)(job.driver) as new (file: string) => SqliteLike
const store = sqliteStore(new Database(job.file))

/** Resolves once the message has left, so that an acknowledgement is never said before it could be heard. */
function say(message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)))
  })
}

/** Repeats what the other processes kept from happening, as a manager would. */
async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!TaskError.is(error, 'store_unavailable')) throw error
    }
  }
}

function count(counts: Record<string, number>, outcome: string): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1
}

async function race(creates: number, scope: string): Promise<void> {
  const created: Record<string, number> = {}
  const leases: Record<string, number> = {}
  for (let i = 0; i < creates; i++) {
    const draft = {
      id: store.newTaskId('ann'),
      type: 'chat',
      userId: 'ann',
      workspaceId: 'default',
      conversationId: null,
      scope,
      input: '{}',
      summary: '{}',
      session: null,
      deadlineAt: null,
      idempotency: null,
    }
    const answer = await untilAnswered(() => store.createTask(draft, { policy: 'reject' }))
    count(created, answer.outcome)
    if (!('task' in answer) || answer.task === null) continue
    const { id } = answer.task
    const query = { claimId: draft.id, owner: String(process.pid), ttlMs: 60_000, purpose: 'run' } as const
    const lease = await untilAnswered(() => store.acquireLease(id, query))
    count(leases, lease.outcome)
  }
  await say({ say: 'raced', creates: created, leases })
}

async function append({ tasks, rounds }: Extract<WorkerJob, { do: 'append' }>): Promise<void> {
  for (let round = 0; round < (rounds ?? Number.POSITIVE_INFINITY); round++) {
    const batch = tasks.map(({ taskId, token, perAppend }) => {
      const at = round * perAppend
      const events = Array.from({ length: perAppend }, (_, i) => JSON.stringify({ idx: at + i, taskId }))
      return { taskId, token, at, events }
    })
    const nextIdx: number[] = []
    for (const answer of await untilAnswered(() => store.append(batch))) {
      if (answer.outcome !== 'ok') return say({ say: 'refused', outcome: answer.outcome })
      nextIdx.push(answer.nextIdx)
    }
    await say({ say: 'appended', nextIdx })
  }
}

process.once('message', () => {
  const done = job.do === 'race' ? race(job.creates, job.scope) : append(job)
  done.then(() => process.disconnect())
})
await say({ say: 'ready' })
