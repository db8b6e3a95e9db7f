import type { ChangeOutcome } from './change-watch.ts'
import { TaskError } from './errors.ts'
import { isFinalStatus } from './protocol/index.ts'
import type { EventQuery, ReadPage, TaskRecord } from './store/index.ts'

/** Where logs are read and waited for; a `TaskManager` is one. */
interface LogSource {
  get(taskId: string): Promise<TaskRecord | null>
  read(taskId: string, query: Partial<EventQuery>): Promise<ReadPage | null>
  waitForChange(
    taskId: string,
    query: { revision: number; waitMs: number; signal?: AbortSignal | undefined },
  ): Promise<ChangeOutcome>
}

/** Milliseconds of one wait where there is no end to the waiting. */
const longWaitMs = 60_000

/**
 * Calls `listener` with every page of a log from a cursor on, until the task has ended, the signal fires or the manager
 * closes.
 *
 * @throws TaskError `task_not_found`, `store_unavailable`
 */
export async function followLog(
  manager: LogSource,
  { taskId, from, signal }: { taskId: string; from: number; signal: AbortSignal },
  listener: (page: ReadPage) => void,
): Promise<void> {
  let cursor = from
  for (;;) {
    const page = await manager.read(taskId, { from: cursor })
    if (page === null) throw new TaskError('task_not_found', 'There is no such task.')
    if (signal.aborted) return
    const isLast = isFinalStatus(page.task.status)
    if (page.events.length > 0 || isLast) listener(page)
    if (isLast) return
    cursor = page.from + page.events.length
    const change = { revision: page.task.revision, waitMs: longWaitMs, signal }
    if ((await manager.waitForChange(taskId, change)) === 'aborted') return
  }
}

/**
 * Resolves with the record of a task when it has ended.
 *
 * @throws TaskError `task_not_found` when it was deleted, `shutting_down` when the manager closed before it ended; what
 * the signal gives as its reason.
 */
export async function untilFinished(
  manager: LogSource,
  taskId: string,
  signal: AbortSignal | undefined,
): Promise<TaskRecord> {
  for (;;) {
    const task = await manager.get(taskId)
    if (task === null) throw new TaskError('task_not_found', 'The task was deleted.')
    if (isFinalStatus(task.status)) return task
    const change = { revision: task.revision, waitMs: longWaitMs, signal }
    const outcome = await manager.waitForChange(taskId, change)
    signal?.throwIfAborted()
    if (outcome === 'aborted') {
      throw new TaskError('shutting_down', 'The manager was closed before the task ended.')
    }
  }
}
