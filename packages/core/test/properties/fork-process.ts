import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { CreateRequest, TaskLimits } from '../../src/index.ts'
import { type BundledWorker, bundleWorker } from '../support/bundle-worker.ts'
import type { CreateAnswer, ProcessMessage, ProcessRequest } from './process-messages.ts'
import type { Told } from './process-tasks.ts'

/** A process with a manager of its own. */
export interface TaskProcess {
  /** Sends so many equal creates at once; resolves with their answers. */
  create(request: CreateRequest, times?: number): Promise<readonly CreateAnswer[]>
  /** Resolves with the first message of a run that says this, also one that has come already. */
  told<What extends Told['what']>(what: What): Promise<Extract<Told, { what: What }>>
  /** Everything that its runs have told so far. */
  readonly allTold: readonly Told[]
  /** Resolves when a run of the process is over, whoever ended the task. */
  readonly runEnded: Promise<void>
  signal(name: NodeJS.Signals): void
  readonly exited: Promise<{ code: number | null; signal: string | null }>
}

/** Bundles the process before the tests of a file, ends what is left after each of them, and removes it. */
export function useProcesses(): {
  start(file: string, limits?: Partial<TaskLimits>): Promise<TaskProcess>
} {
  const children: ChildProcess[] = []
  const driver = createRequire(import.meta.url).resolve('libsql')
  let bundle: BundledWorker
  beforeAll(async () => {
    bundle = await bundleWorker(new URL('process.ts', import.meta.url))
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(() => bundle.dispose())

  return {
    async start(file, limits = {}) {
      const child = fork(bundle.path, [JSON.stringify({ driver, file, limits })])
      children.push(child)
      const heard: ProcessMessage[] = []
      let asked = 0
      child.on('message', (message: ProcessMessage) => heard.push(message))
      const exited = new Promise<Awaited<TaskProcess['exited']>>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }))
      })

      /** The first message that fits, of those that have come and those to come. */
      function message<Found>(pick: (message: ProcessMessage) => Found | undefined): Promise<Found> {
        return new Promise((resolve, reject) => {
          const look = (said: ProcessMessage): boolean => {
            const found = pick(said)
            if (found === undefined) return false
            child.off('message', look)
            resolve(found)
            return true
          }
          if (heard.some(look)) return
          child.on('message', look)
          void exited.then(({ code, signal }) => reject(new Error(`the process ended (${code ?? signal})`)))
        })
      }

      await message((said) => (said.say === 'ready' ? true : undefined))
      return {
        create(request, times = 1) {
          const number = ++asked
          child.send({ number, request, times } satisfies ProcessRequest)
          return message((said) =>
            said.say === 'answered' && said.number === number ? said.answers : undefined,
          )
        },
        told<What extends Told['what']>(what: What) {
          return message((said) =>
            said.say === 'told' && said.told.what === what
              ? (said.told as Extract<Told, { what: What }>)
              : undefined,
          )
        },
        get allTold() {
          return heard.flatMap((said) => (said.say === 'told' ? [said.told] : []))
        },
        get runEnded() {
          return message((said) => (said.say === 'run_ended' ? true : undefined)).then(() => {})
        },
        signal: (name) => child.kill(name),
        exited,
      }
    },
  }
}
