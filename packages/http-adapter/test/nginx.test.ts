import { randomUUID } from 'node:crypto'
import type { TaskManager } from '@outlast/core'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachTaskWebSocket } from '../src/websocket.ts'
import { expressAmong } from './mounts/express.ts'
import { fastifyAmong } from './mounts/fastify.ts'
import { honoAmong } from './mounts/hono.ts'
import { behindNginx, documentedProxy, findNginx, plainProxy } from './mounts/nginx.ts'
import { nodeAmong } from './mounts/node.ts'
import type { Served } from './mounts/serve.ts'
import { until } from './push-world.ts'
import { readUntil } from './read-until.ts'
import { SocketClient } from './socket-client.ts'
import { authenticate, chatManager, createTask, headersOf, post, readPage } from './task-fixtures.ts'

/** A machine that is busy with something else may be late once. */
const retries = 2
const program = findNginx()
const around = { json: false, compression: false, cors: false, prefix: false }
const mounts = [
  expressAmong('Express 5', express, { ...around, json: true, compression: true }),
  fastifyAmong(around),
  honoAmong(around),
  nodeAmong(around),
]
const configurations = [
  { config: 'proxy_pass alone', configOf: () => plainProxy, isForWebSocket: false },
  { config: 'the configuration of the guide', configOf: documentedProxy, isForWebSocket: true },
]
const cases = configurations.flatMap((configuration) =>
  mounts.map((mount) => ({
    ...configuration,
    mount: behindNginx(program ?? '', mount, configuration.configOf),
  })),
)
const suite = program === null ? 'nginx (skipped: no nginx; apt-get install nginx-light)' : 'nginx'

describe.skipIf(program === null)(suite, () => {
  describe.each(cases)('$mount.name with $config', ({ mount, isForWebSocket }) => {
    let manager: TaskManager
    let served: Served
    const failures: unknown[] = []

    beforeAll(async () => {
      ;({ manager } = chatManager())
      served = await mount.open(manager, { authenticate, onError: (error) => failures.push(error) })
    })

    afterAll(async () => {
      await served.close()
      await manager.close({ drainMs: 0 })
      expect(failures).toEqual([])
    })

    /** Creates a task that has said something and says no more; answers where its log goes on. */
    async function createQuiet(userId: string): Promise<{ taskId: string; from: number }> {
      const taskId = await createTask(served, userId, { message: 'hi' })
      let from = 0
      while (from < 2) {
        const page = await readPage(served, userId, `/${taskId}?from=${from}&wait_ms=5000`)
        from = page.next_offset
      }
      return { taskId, from }
    }

    it('streams an event at once, though the next one is long in coming', { retry: retries }, async () => {
      const alice = randomUUID()
      const { taskId } = await createQuiet(alice)
      const openedAt = performance.now()
      const stream = await served.send(`/${taskId}/events`, { headers: headersOf(alice) })
      const reader = readUntil(stream)
      await reader.until('hello')
      expect(performance.now() - openedAt).toBeLessThan(300)

      const stoppedAt = performance.now()
      await served.send(`/${taskId}/cancel`, post(alice, {}))
      await reader.until('task_complete')
      expect(performance.now() - stoppedAt).toBeLessThan(300)
      expect(await reader.toEnd()).toMatch(/event: end\ndata: \{\}\n\n$/)
    })

    it('answers a long-poll when something happens, and not before', { retry: retries }, async () => {
      const bob = randomUUID()
      const { taskId, from } = await createQuiet(bob)
      let isAnswered = false
      const poll = readPage(served, bob, `/${taskId}?from=${from}&wait_ms=20000`)
      poll.then(() => {
        isAnswered = true
      })
      const empty = await readPage(served, bob, `/${taskId}?from=${from}&wait_ms=50`)
      expect(empty.events).toEqual([])
      expect(isAnswered).toBe(false)
      const stoppedAt = performance.now()
      await served.send(`/${taskId}/cancel`, post(bob, {}))
      expect((await poll).stop).not.toBeNull()
      expect(performance.now() - stoppedAt).toBeLessThan(300)
    })

    it('keeps the answers as they are', async () => {
      const { taskId } = await createQuiet('carol')
      const first = await served.send(`/${taskId}`, { headers: headersOf('carol') })
      expect(first.headers.get('cache-control')).toBe('no-store')
      const etag = first.headers.get('etag') ?? ''
      const again = await served.send(`/${taskId}`, {
        headers: { ...headersOf('carol'), 'if-none-match': etag },
      })
      expect(again.status).toBe(304)
      const bad = await served.send('/', { method: 'POST', headers: headersOf('carol'), body: '{' })
      expect(bad.status).toBe(400)
      expect(await bad.json()).toMatchObject({ code: 'invalid_json' })
    })

    if (!isForWebSocket) return

    it('takes a WebSocket', async () => {
      const { server, port, basePath } = served
      const webSocket = attachTaskWebSocket(server, manager, { authenticate, basePath })
      const { taskId } = await createQuiet('dave')
      const client = new SocketClient(`ws://127.0.0.1:${port}${basePath}/ws`, { headers: headersOf('dave') })
      await client.opened()
      client.say({ op: 'subscribe', task_id: taskId })
      await until(() => client.indexes.length === 2)
      client.webSocket.close()
      await until(() => client.closed !== null)
      webSocket.close()
    })
  })
})
