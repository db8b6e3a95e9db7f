import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, beforeAll } from 'vitest'
import { type BundledWorker, bundleWorker } from '../../support/bundle-worker.ts'
import type { WorkerJob, WorkerMessage } from './worker-messages.ts'

/** A running worker process. */
interface Worker {
  /** Lets it begin its job. */
  start(): void
  /** Called with everything it says from now on. */
  onMessage(listener: (message: WorkerMessage) => void): void
  /** Resolves when the process is gone. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  /** Ends it without a warning. */
  kill(): void
}

/** What a file's tests fork their workers with. */
export interface WorkerFactory {
  /** Resolves when the process is up and waits for its start. */
  fork(job: Omit<Extract<WorkerJob, { do: 'race' }>, 'driver'>): Promise<Worker>
  fork(job: Omit<Extract<WorkerJob, { do: 'append' }>, 'driver'>): Promise<Worker>
}

/** Bundles the worker before the tests of a file; kills and removes what is left of it afterwards. */
export function useWorkers(): WorkerFactory {
  const children: ChildProcess[] = []
  const driver = createRequire(import.meta.url).resolve('libsql')
  let bundle: BundledWorker

  beforeAll(async () => {
    bundle = await bundleWorker(new URL('worker.ts', import.meta.url))
  })
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    bundle.dispose()
  })

  return {
    fork: (job) => {
      const child = fork(bundle.path, [JSON.stringify({ ...job, driver })])
      children.push(child)
      const exited = new Promise<Awaited<Worker['exited']>>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }))
      })
      const worker: Worker = {
        start: () => child.send('start'),
        onMessage: (listener) => child.on('message', listener),
        exited,
        kill: () => child.kill('SIGKILL'),
      }
      return new Promise((resolve, reject) => {
        child.once('message', () => resolve(worker))
        child.once('error', reject)
        exited.then(({ code }) => reject(new Error(`the worker ended with ${code} before it was ready`)))
      })
    },
  }
}
