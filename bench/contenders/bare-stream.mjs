import { once } from 'node:events'
import { createServer } from 'node:http'
import { eventText } from '../lib/scripts.mjs'

/**
 * The limit of a push over HTTP: each event is serialised and framed once, and the same chunk is written to the socket of
 * everybody who watches. It keeps nothing.
 *
 * @returns {Promise<import('./push-server.mjs').PushServer>}
 */
export async function bareStream() {
  /** @type {Map<string, { next: number, sockets: Set<import('node:net').Socket> }>} */
  const tasks = new Map()
  const server = createServer((request, response) => {
    const task = tasks.get((request.url ?? '').slice(1))
    const { socket } = response
    if (task === undefined || socket === null) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.flushHeaders()
    task.sockets.add(socket)
    response.once('close', () => task.sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    async open(count) {
      const ids = Array.from({ length: count }, () => `task-${tasks.size + Math.random()}`)
      for (const id of ids) tasks.set(id, { next: 0, sockets: new Set() })
      return ids
    },
    watch: (id) => ({ path: `/${id}` }),
    emit(id, event) {
      const task = tasks.get(id)
      if (task === undefined) throw new Error(`There is no task "${id}".`)
      const frame = `data: ${eventText(task.next++, event)}\n\n`
      const chunk = Buffer.from(`${Buffer.byteLength(frame).toString(16)}\r\n${frame}\r\n`)
      for (const socket of task.sockets) socket.write(chunk)
    },
  }
}
