import { once } from 'node:events'
import { createServer } from 'node:http'
import { defineTask, TaskManager } from '@outlast/core'
import { createNodeListener } from '@outlast/http-adapter/node'
import { attachTaskWebSocket } from '@outlast/http-adapter/websocket'
import { z } from 'zod'

const basePath = '/api/tasks'

/**
 * Outlast as an application mounts it, with a log that is kept, numbered and folded, and read again by whoever comes back.
 *
 * @param {object} options
 * @param {'events' | 'socket'} options.transport
 * @param {number} [options.batchMs]
 * @returns {Promise<import('./push-server.mjs').PushServer>}
 */
export async function outlastPush({ transport, batchMs = 0 }) {
  /** @type {Map<string, (type: string, data: unknown) => boolean>} */
  const emitters = new Map()
  const write = defineTask({
    type: 'write',
    input: z.null(),
    scope: () => null,
    async run({ taskId, emit, signal }) {
      emitters.set(taskId, /** @type {(type: string, data: unknown) => boolean} */ (emit))
      await once(signal, 'abort')
    },
  })
  const manager = new TaskManager({ tasks: [write], concurrency: 100_000 })
  /** @type {import('@outlast/core/http').TaskHandlerOptions} */
  const options = {
    authenticate: () => ({ userId: 'u1', via: 'token' }),
    push: { maxWatchersPerUser: 100_000, batchMs },
  }
  const server = createServer(createNodeListener(manager, options))
  attachTaskWebSocket(server, manager, options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    async open(count) {
      /** @type {string[]} */
      const ids = []
      while (ids.length < count) ids.push((await manager.create({ userId: 'u1', input: null })).id)
      while (!ids.every((id) => emitters.has(id))) await new Promise((resolve) => setImmediate(resolve))
      return ids
    },
    watch: (id) =>
      transport === 'events'
        ? { path: `${basePath}/${id}/events` }
        : { path: `${basePath}/ws`, subscribe: JSON.stringify({ op: 'subscribe', task_id: id }) },
    emit: (id, { type, data }) => emitters.get(id)?.(type, data),
  }
}
