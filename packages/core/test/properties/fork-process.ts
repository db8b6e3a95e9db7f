import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { messagesOf } from '../../../../test/support/child-messages.ts'
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
      const { heard, message, exited } = messagesOf<ProcessMessage>(child)
      let asked = 0

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
