import PQueue from 'p-queue'
import type { DispatchJob, TaskDispatcher } from '../store/index.ts'

/** Options of the built-in dispatcher. */
export interface LocalDispatcherOptions {
  /** Tasks that run at a time. */
  concurrency: number
  /** Takes what a run threw, which only a store that is gone for good makes it do. */
  onError(error: unknown, taskId: string): void
}

/** Runs tasks in this process, so many at a time, higher priority first. */
export function localDispatcher(options: LocalDispatcherOptions): TaskDispatcher {
  const queue = new PQueue({ concurrency: options.concurrency, autoStart: false })
  const known = new Map<string, { withdrawn: boolean }>()
  let run: ((taskId: string) => Promise<unknown>) | null = null

  const work = async (taskId: string, job: { withdrawn: boolean }): Promise<void> => {
    try {
      if (!job.withdrawn) await run?.(taskId)
    } catch (error) {
      options.onError(error, taskId)
    } finally {
      known.delete(taskId)
    }
  }

  return {
    async start(runTask) {
      run = runTask
      queue.start()
    },
    async dispatch({ taskId, priority }: DispatchJob) {
      if (known.has(taskId)) return
      const job = { withdrawn: false }
      known.set(taskId, job)
      void queue.add(() => work(taskId, job), { priority })
    },
    async withdraw(taskId) {
      const job = known.get(taskId)
      if (job !== undefined) job.withdrawn = true
    },
    async stop() {
      queue.pause()
      queue.clear()
    },
  }
}
