import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqliteLike } from '@outlast/core/sqlite'
import { afterAll, beforeAll, expect } from 'vitest'
import { type BundledWorker, bundleWorker } from '../../../../test/support/bundle-worker.ts'
import { messagesOf } from '../../../../test/support/child-messages.ts'
import { post } from '../task-fixtures.ts'
import type { ServerFacts, ServerMessage, ServerRequest, ServerSetup } from './server-messages.ts'

/** A process with a manager and its routes on a port. */
export interface ServerProcess {
  readonly port: number
  /** Creates a task of a user; answers its id when it is stored, and for the type `open` when it runs. */
  create(userId: string, type: 'open' | 'count', input?: object): Promise<string>
  write(
    taskId: string,
    count: number,
    options?: { each?: number; everyMs?: number; text?: string },
  ): Promise<void>
  end(taskId: string): Promise<void>
  facts(): Promise<ServerFacts>
  /** Asks the process to go, and waits until it has. */
  leave(): Promise<void>
}

/** Servers of a test file. */
export interface Servers {
  start(setup?: Partial<ServerSetup>): Promise<ServerProcess>
  /** Makes an empty database file; answers its path. */
  newFile(): string
}

/** Bundles the server before the tests of a file, and ends and removes everything after them. */
export function useServers(): Servers {
  const children: ChildProcess[] = []
  const folders: string[] = []
  const require = createRequire(import.meta.url)
  const driver = require.resolve('libsql')
  let bundle: BundledWorker
  beforeAll(async () => {
    bundle = await bundleWorker(new URL('server-process.ts', import.meta.url))
  })
  afterAll(async () => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null) return
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGKILL')
        await gone
      }),
    )
    const Database: new (file: string) => SqliteLike & { close(): void } = require('libsql')
    for (const folder of folders) {
      const database = new Database(join(folder, 'tasks.db'))
      expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' })
      database.close()
      rmSync(folder, { recursive: true })
    }
    bundle.dispose()
  })

  return {
    newFile() {
      const folder = mkdtempSync(join(tmpdir(), 'outlast-servers-'))
      folders.push(folder)
      return join(folder, 'tasks.db')
    },
    async start(setup = {}) {
      const whole: ServerSetup = { driver, file: null, limits: {}, push: {}, ...setup }
      const child = fork(bundle.path, [JSON.stringify(whole)], { execArgv: ['--expose-gc'] })
      children.push(child)
      const { message, exited } = messagesOf<ServerMessage>(child)
      let asked = 0

      async function ask(request: ServerRequest): Promise<ServerFacts | null> {
        const number = ++asked
        child.send({ number, request })
        const { facts } = await message((said) =>
          said.say === 'done' && said.number === number ? said : undefined,
        )
        return facts
      }

      const port = await message((said) => (said.say === 'ready' ? said.port : undefined))
      return {
        port,
        async create(userId, type, input = {}) {
          const request = post(userId, { type, ...input })
          const response = await fetch(`http://127.0.0.1:${port}/api/tasks`, request)
          const answer = (await response.json()) as { data: { task_id: string } }
          expect(response.status, JSON.stringify(answer)).toBe(202)
          const id = answer.data.task_id
          if (type === 'open') {
            await message((said) => (said.say === 'runs' && said.taskId === id ? true : undefined))
          }
          return id
        },
        async write(taskId, count, { each = 20, everyMs = 0, text = '' } = {}) {
          await ask({ ask: 'write', taskId, count, each, everyMs, text })
        },
        async end(taskId) {
          await ask({ ask: 'end', taskId })
        },
        async facts() {
          return (await ask({ ask: 'facts' })) ?? expect.fail('the server knows nothing of itself')
        },
        async leave() {
          child.kill('SIGTERM')
          expect(await exited).toEqual({ code: 0, signal: null })
        },
      }
    },
  }
}
