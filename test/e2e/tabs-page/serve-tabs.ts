import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { defineTask, TaskManager } from '@outlast/core'
import { attachTasks } from '@outlast/http-adapter/node'
import { z } from 'zod'
import { bundlePage } from '../bundle-page.ts'

/** A read of a task's log, as the server got it. */
export interface SeenRead {
  at: number
  taskId: string
  tab: string
  user: string
}

/** A server of the page and of tasks that write until they are stopped. */
export interface TabsServer {
  url: string
  manager: TaskManager
  reads: SeenRead[]
  /** Starts a task that writes an event every `everyMs`. */
  start(user: string, everyMs: number): Promise<string>
  /** How many events the task has by now. */
  writtenIn(taskId: string): Promise<number>
  close(): Promise<void>
}

const html = '<!doctype html><title>Tabs</title><body></body><script type="module" src="/page.js"></script>'

/** Bundles the page from the sources; answers its code. */
export function buildTabsPage(): Promise<string> {
  return bundlePage(new URL('page.ts', import.meta.url))
}

/** Serves the page and the tasks over HTTP/1.1. */
export async function serveTabs(page: string): Promise<TabsServer> {
  const ticking = defineTask({
    type: 'ticking',
    input: z.object({ every_ms: z.number() }),
    async run({ input, emit, signal }) {
      for (let count = 0; !signal.aborted; count++) {
        emit('text_chunk', { content: `${count} ` })
        await setTimeout(input.every_ms, undefined, { signal })
      }
    },
  })
  const manager = new TaskManager({ tasks: [ticking] })
  const reads: SeenRead[] = []
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
    response.end(isScript ? page : html)
  })
  attachTasks(server, manager, {
    authenticate: ({ headers, url }) => {
      const user = headers.get('x-user')
      const [, taskId] = /^\/api\/tasks\/([^/?]+)\?/.exec(url) ?? []
      if (taskId !== undefined)
        reads.push({ at: Date.now(), taskId, tab: headers.get('x-tab') ?? '', user: user ?? '' })
      return user === null ? null : { userId: user, via: 'token' }
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    manager,
    reads,
    async start(user, everyMs) {
      const handle = await manager.create({
        type: 'ticking',
        input: { every_ms: everyMs },
        userId: user,
      })
      return handle.id
    },
    async writtenIn(taskId) {
      const page = await manager.read(taskId)
      return page === null ? 0 : page.from + page.events.length
    },
    async close() {
      await manager.close({ drainMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
