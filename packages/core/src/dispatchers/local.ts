import PQueue from 'p-queue'
import { TaskError } from '../errors.ts'
import type { DispatchJob, TaskDispatcher } from '../store/index.ts'

/** Options of the built-in dispatcher. */
export interface LocalDispatcherOptions {
  /** Tasks that run at a time: a whole number of at least 1. */
  concurrency: number
  /** Takes what a run threw, which only a store that is gone for good makes it do. */
  onError(error: unknown, taskId: string): void
}

/** A task that was dispatched: it waits for a place, holds one, or has given it back for a while. */
interface Job {
  priority: number
  withdrawn: boolean
  run: Promise<void> | null
  hasPlace: boolean
  giveUpPlace: () => void
  /** The wait for a place of a run that has given it back; however many questions are answered, it takes one. */
  resuming: Promise<void> | null
}

/** A task that has waited for its user goes on before those that have not begun. */
const resumePriority = 1_000_000

/**
 * Runs tasks in this process, so many at a time, higher priority first.
 *
 * @throws TaskError `invalid_definition`
 */
export function localDispatcher(options: LocalDispatcherOptions): TaskDispatcher {
  if (!(Number.isSafeInteger(options.concurrency) && options.concurrency >= 1)) {
    throw new TaskError(
      'invalid_definition',
      `The concurrency must be a whole number of at least 1, not ${String(options.concurrency)}.`,
    )
  }
  const queue = new PQueue({ concurrency: options.concurrency, autoStart: false })
  const jobs = new Map<string, Job>()
  let stopped = false
  let runTask: ((taskId: string) => Promise<unknown>) | null = null

  async function run(taskId: string, job: Job): Promise<void> {
    try {
      if (!job.withdrawn && !stopped) await runTask?.(taskId)
    } catch (error) {
      options.onError(error, taskId)
    } finally {
      jobs.delete(taskId)
    }
  }

  /** Holds a place of the queue until the run is over or gives it up. */
  function holdPlace(taskId: string, job: Job): Promise<void> {
    job.hasPlace = true
    const givenUp = new Promise<void>((resolve) => {
      job.giveUpPlace = resolve
    })
    job.run ??= run(taskId, job)
    return Promise.race([job.run, givenUp])
  }

  return {
    async start(run) {
      runTask = run
      queue.start()
    },
    async dispatch({ taskId, priority }: DispatchJob) {
      if (stopped || jobs.has(taskId)) return
      const job: Job = {
        priority,
        withdrawn: false,
        run: null,
        hasPlace: false,
        giveUpPlace: () => {},
        resuming: null,
      }
      jobs.set(taskId, job)
      void queue.add(() => holdPlace(taskId, job), { priority })
    },
    release(taskId) {
      const job = jobs.get(taskId)
      if (job === undefined) return () => Promise.resolve()
      job.hasPlace = false
      job.giveUpPlace()
      return () => {
        if (job.hasPlace) return Promise.resolve()
        job.resuming ??= new Promise((resolve) => {
          const resume = (): Promise<void> => {
            job.resuming = null
            resolve()
            return holdPlace(taskId, job)
          }
          void queue.add(resume, { priority: resumePriority + job.priority })
        })
        return job.resuming
      }
    },
    async withdraw(taskId) {
      const job = jobs.get(taskId)
      if (job !== undefined) job.withdrawn = true
    },
    queued: () => queue.size,
    async stop() {
      // Not paused: a run that gets its answer now takes a place again, and those that have not begun are passed over.
      stopped = true
    },
  }
}
