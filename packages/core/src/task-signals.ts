import { askStore } from './ask-store.ts'
import { checkAnswer } from './check-answer.ts'
import type { Clock } from './clock.ts'
import { TaskError } from './errors.ts'
import type { Lifecycle } from './lifecycle.ts'
import { readCarry } from './log/index.ts'
import type { CancelOutcome } from './protocol/index.ts'
import type { PartSignal } from './run/index.ts'
import type { TaskNotifier, TaskRecord, TaskStore } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'
import type { CancelResult } from './task-manager-options.ts'
import type { TaskWorker } from './task-worker.ts'

const outcomeOf = {
  accepted: 'requested',
  already: 'already_requested',
  finished: 'finished',
} as const satisfies Record<string, CancelOutcome>

/** It stands in the task's record, which is sent with every poll, and in its last event. */
const maxReasonLength = 1_000

/** What sending signals stands on. */
export interface SignalOptions {
  store: TaskStore
  notifier: TaskNotifier
  clock: Clock
  worker: TaskWorker
  lifecycle: Lifecycle
  /** Bytes of one event, which an answer becomes. */
  maxEventBytes: number
  onError: ErrorReporter
}

/** Sends stored wishes to whoever runs a task: stop it, cancel one tool call, here is the answer to your question. */
export class TaskSignals {
  readonly #options: SignalOptions

  constructor(options: SignalOptions) {
    this.#options = options
  }

  async stop(taskId: string, givenReason: string, actor: string): Promise<CancelResult> {
    const reason = givenReason.slice(0, maxReasonLength)
    const { store, notifier, clock, worker, lifecycle } = this.#options
    const answer = await askStore(() => store.signal(taskId, { kind: 'stop', key: 'stop', reason, actor }))
    if (answer.outcome === 'not_found') throw notFound()
    if (answer.outcome === 'accepted') {
      lifecycle.emit('stop_requested', taskId, { reason, actor })
      worker.stop(taskId, { reason, actor, at: clock.now() / 1_000 })
      notifier.publish([`signal:${taskId}`, `log:${taskId}`])
      if (lifecycle.has('status')) void this.#tellStopRequested(taskId)
    }
    if (answer.outcome !== 'finished' && !answer.owned) await worker.finishStopped(taskId)
    const status = answer.status ?? (await this.#taskOf(taskId)).status
    return { outcome: outcomeOf[answer.outcome], status }
  }

  /** Stops those tasks of a user that are active now and match; answers how many were asked. */
  async stopActive(
    userId: string,
    matches: (task: TaskRecord) => boolean,
    reason: string,
    actor: string,
  ): Promise<number> {
    const active: TaskRecord[] = []
    let cursor: string | null = null
    do {
      const query = { userId, status: ['pending', 'running'] as const, limit: 200, ...(cursor && { cursor }) }
      const page: Awaited<ReturnType<TaskStore['listTasks']>> = await askStore(() =>
        this.#options.store.listTasks(query),
      )
      active.push(...page.tasks.filter(matches))
      cursor = page.nextCursor
    } while (cursor !== null)
    const answers = await Promise.all(active.map((task) => this.stop(task.id, reason, actor)))
    return answers.filter(({ outcome }) => outcome === 'requested').length
  }

  async cancelTool(taskId: string, toolId: string, actor: string): Promise<CancelResult> {
    const { carry } = await this.#taskOf(taskId)
    const isOpen = readCarry(carry).open.some((block) => block.kind === 'tool' && block.id === toolId)
    if (!isOpen) throw new TaskError('tool_not_found', 'No tool call of this id is running.')
    return this.#send(taskId, { kind: 'cancel_tool', key: `tool:${toolId}`, actor })
  }

  async answer(taskId: string, id: string, answer: unknown, actor: string): Promise<CancelResult> {
    const task = await this.#taskOf(taskId)
    const value = checkAnswer(task, id, answer, this.#options.maxEventBytes)
    if (value === null) return { outcome: 'already_requested', status: task.status }
    return this.#send(taskId, { kind: 'input', key: `input:${id}`, value, actor })
  }

  /** Stores a signal for whoever runs the task, and takes it there at once if that is this process. */
  async #send(taskId: string, signal: PartSignal): Promise<CancelResult> {
    const { store, notifier, worker } = this.#options
    const answer = await askStore(() => store.signal(taskId, signal))
    if (answer.outcome === 'not_found') throw notFound()
    if (answer.outcome === 'accepted') {
      worker.deliver(taskId, signal)
      notifier.publish([`signal:${taskId}`])
    }
    const status = answer.status ?? (await this.#taskOf(taskId)).status
    return { outcome: outcomeOf[answer.outcome], status }
  }

  async #tellStopRequested(taskId: string): Promise<void> {
    const { lifecycle, onError } = this.#options
    try {
      const task = await this.#taskOf(taskId)
      if (task.status === 'cancel_requested') lifecycle.emit('status', task)
    } catch (error) {
      onError(error, { stage: 'listener', taskId })
    }
  }

  async #taskOf(taskId: string): Promise<TaskRecord> {
    const task = await askStore(() => this.#options.store.getTask(taskId))
    if (task === null) throw notFound()
    return task
  }
}

function notFound(): TaskError {
  return new TaskError('task_not_found', 'There is no such task.')
}
