import type { CreateRequest, TaskLimits } from '../../src/index.ts'
import type { Told } from './process-tasks.ts'

/** What a process is started with. */
export interface ProcessSetup {
  driver: string
  file: string
  limits: Partial<TaskLimits>
}

/** Asks a process to create a task, so many times at once. */
export interface ProcessRequest {
  /** Stands in the answer. */
  number: number
  request: CreateRequest
  times: number
}

/** How one create ended: the outcome, or the error's code with the task that it names. */
export interface CreateAnswer {
  id: string | null
  outcome: string
}

/** What a process says. */
export type ProcessMessage =
  | { say: 'ready' }
  | { say: 'answered'; number: number; answers: readonly CreateAnswer[] }
  | { say: 'told'; told: Told }
  | { say: 'run_ended'; taskId: string }
  | { say: 'error'; stage: string; message: string }
