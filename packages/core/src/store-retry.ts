import { type Clock, sleep } from './clock.ts'
import { defaults } from './defaults.ts'
import { TaskError } from './errors.ts'

/** Where a background failure happened, for `onError`. */
export type ErrorStage =
  | 'append'
  | 'cancel'
  | 'dispatch'
  | 'fold'
  | 'http'
  | 'lease'
  | 'listener'
  | 'notifier'
  | 'retention'
  | 'run'
  | 'stats'
  | 'subscribe'
  | 'sweep'

/** Takes failures that no caller is there to catch. */
export type ErrorReporter = (error: unknown, context: { stage: ErrorStage; taskId?: string }) => void

/** Where failures go unless the application takes them: to the host's warnings. */
export const warnOfError: ErrorReporter = (error, { stage, taskId }) => {
  const where = taskId === undefined ? stage : `${stage} of task ${taskId}`
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    type: 'OutlastWarning',
    detail: `Background failure in ${where}. Pass onError to TaskManager to handle it.`,
  })
}

/** A reporter that throws is reported to the host's warnings; it must not fail what it reports on. */
export function guardedReporter(report: ErrorReporter): ErrorReporter {
  return (error, context) => {
    try {
      report(error, context)
    } catch (reporterError) {
      warnOfError(error, context)
      warnOfError(reporterError, context)
    }
  }
}

/**
 * Repeats a store call until it answers. A throw of a store means "outcome unknown, repeat", and every call is made
 * so that repeating it is harmless.
 *
 * @throws the last error once `signal` fires; any `TaskError` but `store_unavailable` at once, for it is no outage.
 */
export async function untilAnswered<Answer>(
  call: () => Promise<Answer>,
  options: { clock: Clock; signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<Answer> {
  let pause: number = defaults.storeRetryMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (options.signal.aborted || (TaskError.is(error) && error.code !== 'store_unavailable')) throw error
      options.onFailure(error)
    }
    await sleep(options.clock, pause, options.signal)
    pause = Math.min(pause * 2, defaults.storeRetryMaxMs)
  }
}
