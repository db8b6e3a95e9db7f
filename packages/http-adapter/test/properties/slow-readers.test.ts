import { connect } from 'node:net'
import type { SocketServerMessage } from '@outlast/core/protocol'
import { expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { range } from '../push-world.ts'
import { headersOf } from '../task-fixtures.ts'
import { useServers } from './fork-server.ts'
import { type Place, pushTransports } from './transports.ts'

const servers = useServers()
const mebibyte = 1_048_576
/** Of a reader that is never cut off this would wait, apart from what the system's own buffers take. */
const most = 64 * mebibyte
const text = 'x'.repeat(1_000)

/** Takes what had been sent before the connection was cut off; answers the cursor behind it. */
type TakeRest = () => Promise<string | null>

/** Opens a connection of which nothing is read until it has been cut off. */
const openings: Readonly<Record<string, (place: Place) => Promise<TakeRest>>> = {
  'event stream': async ({ port, taskId, userId }) => {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => {
      socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.pause()
    socket.write(`GET /api/tasks/${taskId}/events HTTP/1.1\r\nhost: a\r\nx-user: ${userId}\r\n\r\n`)
    return async () => {
      let received = ''
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1')
      })
      const isClosed = new Promise((resolve) => socket.once('close', resolve))
      socket.resume()
      await isClosed
      return Array.from(received.matchAll(/^id: (\S+)\ndata: .*\n\n/gm), ([, id]) => id).at(-1) ?? null
    }
  },
  WebSocket: async ({ port, taskId, userId }) => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/api/tasks/ws`, { headers: headersOf(userId) })
    onTestFinished(() => client.terminate())
    client.on('error', () => client.terminate())
    await new Promise((resolve) => client.once('open', resolve))
    client.send(JSON.stringify({ op: 'subscribe', task_id: taskId }))
    client.pause()
    return async () => {
      let cursor: string | null = null
      client.on('message', (bytes) => {
        const message = JSON.parse(String(bytes)) as SocketServerMessage
        if (message.op === 'events') cursor = String(message.next_offset)
      })
      const isClosed = new Promise((resolve) => client.once('close', resolve))
      client.resume()
      await isClosed
      return cursor
    }
  },
}

/** The idx that a cursor of either transport leads to. */
function idxBehind(cursor: string | null): number {
  const [, epoch, idx] = /^(?:(.+)\.)?(\d+)$/.exec(cursor ?? '') ?? []
  return Number(idx) + (epoch === undefined ? 0 : 1)
}

it.each(pushTransports)(
  'F9 · a reader that never reads costs at most 20 MB, is cut off and goes on by its cursor: $name',
  async (transport) => {
    // What is stored is in a file, so that what JavaScript holds is what the reader costs.
    const limits = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 }
    const server = await servers.start({ file: servers.newFile(), limits })
    const userId = 'ann'
    const taskId = await server.create(userId, 'open')
    const place = { port: server.port, taskId, userId }
    // Whatever writing costs once is there before it is measured.
    await server.write(await server.create(userId, 'open'), 3_000, { each: 100, text })
    const before = await server.facts()
    const takeRest = await openings[transport.name]?.(place)
    await expect.poll(async () => (await server.facts()).connections).toBe(1)
    let isCutOff = false
    // One that stands at the end is sent whatever comes; one that catches up is sent no page more than it takes.
    let heldMost = 0
    let written = 0
    for (; !isCutOff && written * text.length < most; written += 500) {
      await server.write(taskId, 500, { each: 100, text })
      const { heldBytes, connections } = await server.facts()
      heldMost = Math.max(heldMost, heldBytes - before.heldBytes)
      isCutOff = connections === 0
    }
    expect(heldMost).toBeLessThan(20 * mebibyte)
    expect(isCutOff).toBe(true)

    const cursor = (await takeRest?.()) ?? null
    expect(idxBehind(cursor)).toBeGreaterThan(0)
    await server.end(taskId)
    const seen: number[] = []
    const taker = {
      events: (events: readonly { idx: number }[]) => seen.push(...events.map(({ idx }) => idx)),
    }
    expect(await transport.read(place, cursor, taker, new AbortController().signal)).toBe(true)
    expect(seen).toEqual(range(idxBehind(cursor), written + 1))
    expect((await server.facts()).failures).toEqual([])
  },
  60_000,
)
