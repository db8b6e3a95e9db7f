import { createServer } from 'node:http'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { attachTaskWebSocket } from '../src/websocket.ts'
import { authenticate, type OpenTask, openWorld, type PushWorld, range, until } from './push-world.ts'
import { SocketClient } from './socket-client.ts'

let world: PushWorld
const clients: SocketClient[] = []

async function open(options?: Parameters<typeof openWorld>[0]): Promise<void> {
  world = await openWorld(options)
}

afterEach(async () => {
  for (const { webSocket } of clients.splice(0)) webSocket.terminate()
  await world.close()
  await until(() => world.hub.size === 0)
})

function connect(
  options: ConstructorParameters<typeof SocketClient>[1] = { headers: { authorization: 'Bearer alice' } },
  path = '/api/tasks/ws',
): Promise<SocketClient> {
  const client = new SocketClient(`ws://127.0.0.1:${world.port}${path}`, options)
  clients.push(client)
  return client.opened()
}

async function closeCodeOf(options: Parameters<typeof connect>[0], path?: string): Promise<number | null> {
  const client = await connect(options, path)
  await until(() => client.closed !== null)
  return client.closed?.code ?? null
}

describe('a task over a WebSocket', () => {
  it('is followed from 0 to its end', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(3)
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id, from: 0 })
    await until(() => client.indexes.length === 3)
    await task.emit(3)
    await task.end()
    await until(() => client.of('end').length === 1)
    expect(client.indexes).toEqual(range(0, 7))
    expect(client.messages[0]).toMatchObject({ op: 'status', task: { task_id: task.id, status: 'running' } })
    expect(client.of('events').at(-1)?.events.at(-1)).toMatchObject({
      type: 'task_complete',
      data: { status: 'succeeded' },
    })
    expect(client.closed).toBeNull()
  })

  it('is gone on with by its cursor after the connection was cut', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(4)
    const first = await connect()
    first.say({ op: 'subscribe', task_id: task.id })
    await until(() => first.indexes.length === 4)
    first.webSocket.terminate()
    await until(() => world.hub.size === 0)
    await task.emit(4)
    await task.end()
    const second = await connect()
    const from = first.of('events').at(-1)?.next_offset ?? 0
    second.say({ op: 'subscribe', task_id: task.id, from, epoch: first.of('status')[0]?.epoch ?? null })
    await until(() => second.of('end').length === 1)
    expect([...first.indexes, ...second.indexes]).toEqual(range(0, 9))
  })

  it('comes as a snapshot and a tail to a client that is behind the cap', async () => {
    await open({ limits: { maxEvents: 20 } })
    const task = await world.openTask()
    for (let part = 0; part < 30; part++) await task.emit(10)
    await task.end()
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id, from: 0, fold: 'blocks@1' })
    await until(() => client.of('end').length === 1)
    const [snapshot] = client.of('snapshot')
    expect(snapshot?.snapshot.fold).toBe('blocks@1')
    expect(client.indexes).toEqual(range(snapshot?.snapshot.at ?? -1, 301))

    const without = await connect()
    without.say({ op: 'subscribe', task_id: task.id, from: 0 })
    await until(() => without.of('end').length === 1)
    expect(without.of('snapshot')).toEqual([])
    expect(without.indexes).toEqual(range(without.of('reset')[0]?.first_idx ?? -1, 301))
  })

  it('is told of, with all others of the user, to who asks for *', async () => {
    await open()
    const before = await world.openTask()
    await world.openTask('bob')
    const client = await connect()
    client.say({ op: 'subscribe', task_id: '*' })
    await until(() => client.messages.length === 1)
    expect(client.messages[0]).toMatchObject({ op: 'status', task_id: before.id })
    const after = await world.openTask()
    await until(() => client.of('created').length === 1)
    await after.end()
    await until(() =>
      client.of('status').some(({ task_id, task }) => task_id === after.id && task.status === 'succeeded'),
    )
    expect(new Set(client.messages.map((message) => 'task_id' in message && message.task_id))).toEqual(
      new Set([before.id, after.id]),
    )
  })

  it('shows its cancellation to who is subscribed', async () => {
    await open()
    const task = await world.openTask()
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id })
    await until(() => client.of('status').length === 1)
    await world.manager.cancel(task.id, { actor: 'alice', reason: 'enough' })
    await until(() => client.of('end').length === 1)
    expect(client.of('status').at(-1)?.task).toMatchObject({
      status: 'canceled',
      stop: { reason: 'enough', actor: 'alice' },
    })
  })

  it('is not there for somebody else, and one that is not there at all gives the same answer', async () => {
    await open()
    const task = await world.openTask('bob')
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id })
    client.say({ op: 'subscribe', task_id: 'x'.repeat(task.id.length) })
    await until(() => client.messages.length === 2)
    const [foreign, unknown] = client.of('error').map(({ task_id: _, ...answer }) => answer)
    expect(foreign).toEqual(unknown)
    expect(foreign).toEqual({ op: 'error', code: 'task_not_found', error: expect.any(String) })
  })

  it('is read at most once for event streams and sockets that share a hub', async () => {
    await open()
    const task = await world.openTask()
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id })
    const stream = world.sendRaw(
      `GET /api/tasks/${task.id}/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer alice\r\n\r\n`,
    )
    await until(() => stream.received.includes('event: status') && client.messages.length === 1)
    const sent: unknown[] = []
    const read = world.manager.read.bind(world.manager)
    world.manager.read = (...given) => {
      sent.push(given)
      return read(...given)
    }
    await task.emit(1)
    await until(() => client.indexes.length === 1 && stream.received.includes('x_item'))
    expect(sent.length).toBeLessThan(2)
  })

  it('reaches twenty sockets that come and go while 10,000 events are written, without a gap', async () => {
    const total = 10_000
    await open({ limits: { maxEvents: total + 10, maxBytes: 100_000_000 } })
    const task = await world.openTask()
    const writing = write(task, total)
    const logs = await Promise.all(
      range(0, 20).map(async (reader) => {
        const seen: number[] = []
        for (let visit = 1; ; visit++) {
          const client = await connect()
          client.say({ op: 'subscribe', task_id: task.id, from: seen.length })
          const limit = 200 + ((reader * 7 + visit * 131) % 1_500)
          await until(() => client.of('end').length > 0 || client.indexes.length >= limit)
          client.webSocket.terminate()
          seen.push(...client.indexes)
          if (client.of('end').length > 0) return seen
        }
      }),
    )
    await writing
    for (const seen of logs) expect(seen).toEqual(range(0, total + 1))
    await until(() => world.hub.size === 0)
  }, 60_000)
})

async function write(task: OpenTask, total: number): Promise<void> {
  for (let written = 0; written < total; written += 20) {
    await task.emit(20)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await task.end()
}

describe('the door', () => {
  it('lets in by header, first message, subprotocol and cookie', async () => {
    await open()
    const task = await world.openTask()
    const first = await connect({})
    first.say({ op: 'auth', token: 'alice' })
    const entries = [
      await connect(),
      first,
      await connect({ protocols: ['outlast.bearer.alice'] }),
      await connect({ protocols: ['outlast', 'outlast.bearer.alice'] }),
      await connect({ headers: { cookie: 'user=alice' } }),
    ]
    for (const client of entries) client.say({ op: 'subscribe', task_id: task.id })
    await until(() => entries.every(({ messages }) => messages.length > 0))
    expect(entries.map(({ messages }) => messages[0]?.op)).toEqual(Array(5).fill('status'))
    expect(entries.map(({ webSocket }) => webSocket.protocol)).toEqual([
      '',
      '',
      'outlast.bearer.alice',
      'outlast',
      '',
    ])
  })

  it('takes a token from the query only when that is switched on', async () => {
    await open()
    const task = await world.openTask()
    const off = await connect({}, '/api/tasks/ws?token=alice')
    off.say({ op: 'subscribe', task_id: task.id })
    await until(() => off.messages.length === 1)
    expect(off.of('error')).toMatchObject([{ code: 'unauthenticated' }])
    await world.close()

    await open({ socket: { tokenInQuery: true } })
    const other = await world.openTask()
    const on = await connect({}, '/api/tasks/ws?token=alice')
    on.say({ op: 'subscribe', task_id: other.id })
    await until(() => on.messages.length === 1)
    expect(on.of('status')).toHaveLength(1)
    expect(await closeCodeOf({}, '/api/tasks/ws?token=bad')).toBe(4401)
  })

  it('shows out with 4401 who is nobody, and who becomes somebody else', async () => {
    await open()
    expect(await closeCodeOf({ protocols: ['outlast.bearer.bad'] })).toBe(4401)
    const client = await connect()
    client.say({ op: 'auth', token: 'alice' })
    client.say({ op: 'ping' })
    await until(() => client.of('pong').length === 1)
    client.say({ op: 'auth', token: 'bob' })
    await until(() => client.closed !== null)
    expect(client.closed?.code).toBe(4401)
  })

  it('shows out with 4403 the pages of other sites that have a cookie', async () => {
    await open({ handler: { allowedOrigins: ['https://friend.example'] } })
    const cookie = 'user=alice'
    expect(await closeCodeOf({ headers: { cookie }, origin: 'https://evil.example' })).toBe(4403)
    const friend = await connect({ headers: { cookie }, origin: 'https://friend.example' })
    const own = await connect({ headers: { cookie }, origin: `http://127.0.0.1:${world.port}` })
    const token = await connect({
      headers: { authorization: 'Bearer alice' },
      origin: 'https://evil.example',
    })
    for (const client of [friend, own, token]) client.say({ op: 'ping' })
    await until(() => [friend, own, token].every(({ messages }) => messages.length === 1))
  })

  it('shows out with 4429 who has too many sockets open', async () => {
    await open({ push: { maxWatchersPerUser: 2 } })
    const first = await connect()
    const second = await connect()
    for (const client of [first, second]) client.say({ op: 'ping' })
    await until(() => first.messages.length + second.messages.length === 2)
    expect(await closeCodeOf({ headers: { authorization: 'Bearer alice' } })).toBe(4429)
    expect(second.closed).toBeNull()
  })

  it('leaves the upgrades of others alone', async () => {
    await open()
    const others = new WebSocketServer({ noServer: true })
    world.server.on('upgrade', (request, socket, head) => {
      if (request.url === '/other') {
        others.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('{"op":"pong"}'))
      }
    })
    const other = await connect({}, '/other')
    await until(() => other.messages.length === 1)
    expect(other.closed).toBeNull()
    other.webSocket.terminate()
  })

  it('is refused where several sockets are served and none is meant', async () => {
    await open()
    const second = attachTaskWebSocket(world.server, world.manager, { authenticate, basePath: '/second' })
    const upgrade = (target: string) =>
      `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`
    const raw = world.sendRaw(upgrade('/nobody'))
    await until(() => raw.isClosed)
    expect(raw.received).toMatch(/^HTTP\/1\.1 404 /)
    const other = await connect({}, '/second/ws')
    await until(() => other.webSocket.readyState === other.webSocket.OPEN)
    other.webSocket.terminate()
    second.close()
    const again = world.sendRaw(upgrade('/second/ws'))
    await until(() => again.isClosed)
    expect(again.received).toMatch(/^HTTP\/1\.1 404 /)
  })

  it.each(['//', '/api/tasks/ws/..//', '/%zz', 'http://[', '*'])(
    'is not broken down by an upgrade of %s',
    async (target) => {
      await open()
      const raw = world.sendRaw(
        `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      )
      await until(() => raw.isClosed)
      expect(raw.received).toMatch(/^HTTP\/1\.1 404 [\s\S]*"code":"route_not_found"/)
      const client = await connect()
      client.say({ op: 'ping' })
      await until(() => client.messages.length === 1)
    },
  )

  it('answers a handshake that is none with a status', async () => {
    await open()
    const raw = world.sendRaw(
      'GET /api/tasks/ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    )
    await until(() => raw.isClosed)
    expect(raw.received).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('an open WebSocket', () => {
  it('waits at 256 kB unacknowledged, and goes on without a gap', async () => {
    await open()
    const task = await world.openTask()
    const client = await connect()
    client.say({ op: 'ack', bytes: 0 })
    client.say({ op: 'subscribe', task_id: task.id })
    await until(() => client.of('status').length === 1)
    for (let part = 0; part < 10; part++) await task.emit(100, 'x'.repeat(1_000))
    await task.end()
    client.say({ op: 'ping' })
    await until(() => client.of('pong').length === 1)
    expect(client.indexes.length).toBeLessThan(1_001)
    let acknowledged = 0
    while (client.of('end').length === 0) {
      const taken = client.messages.slice(acknowledged)
      acknowledged += taken.length
      const bytes = taken.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)), 0)
      if (bytes > 0) client.say({ op: 'ack', bytes })
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(client.indexes).toEqual(range(0, 1_001))
  })

  it('is cut off with 4408 when its client does not read, and costs little until then', async () => {
    await open({ limits: { maxBytes: 500_000_000, maxEvents: 100_000 } })
    const task = await world.openTask()
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id })
    await until(() => client.of('status').length === 1)
    const raw = Reflect.get(client.webSocket, '_socket') as { pause(): void; resume(): void }
    raw.pause()
    for (let part = 0; part < 300 && world.hub.size > 0; part++) await task.emit(100, 'x'.repeat(1_000))
    // The kernels of both ends hold some megabytes as well.
    await until(() => world.hub.size === 0)
    raw.resume()
    await until(() => client.closed !== null)
    expect(client.closed?.code).toBe(4408)
    const next = client.of('events').at(-1)?.next_offset ?? 0
    expect(client.indexes).toEqual(range(0, next))
    // It comes back by its cursor.
    const back = await connect()
    back.say({ op: 'subscribe', task_id: task.id, from: next })
    await task.end()
    await until(() => back.of('end').length === 1)
    expect(back.indexes[0]).toBe(next)
  }, 60_000)

  it('survives bad messages, and answers them with an error each', async () => {
    await open()
    const client = await connect()
    const bad = ['', '{', 'null', '[1]', '{"op":"x"}', '{"op":"subscribe"}', '['.repeat(9_000)]
    for (const text of bad) client.webSocket.send(text)
    client.webSocket.send(Buffer.from([0xff, 0xfe]))
    client.webSocket.send(Buffer.from('{"op":"ping"}'))
    await until(() => client.of('pong').length === 1)
    expect(client.of('error').map(({ code }) => code)).toEqual([
      'invalid_json',
      'invalid_json',
      'invalid_input',
      'invalid_input',
      'invalid_input',
      'invalid_input',
      'too_deep',
      'invalid_json',
    ])
  })

  it('is closed after too many bad messages, and for one that is too large', async () => {
    await open()
    const many = await connect()
    for (let count = 0; count < 20; count++) many.webSocket.send('!')
    await until(() => many.closed !== null)
    expect(many.closed?.code).toBe(4429)
    const large = await connect()
    large.webSocket.send('x'.repeat(16_385))
    await until(() => large.closed !== null)
    expect(large.closed?.code).toBe(1009)
  })

  it('survives whatever frames it is sent', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(3)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }), async (chunks) => {
        const client = await connect()
        const raw = Reflect.get(client.webSocket, '_socket') as { write(bytes: Uint8Array): void }
        client.say({ op: 'subscribe', task_id: task.id })
        for (const chunk of chunks) raw.write(chunk)
        await new Promise((resolve) => setImmediate(resolve))
        client.webSocket.terminate()
      }),
      { numRuns: 100 },
    )
    await until(() => world.hub.size === 0)
    const client = await connect()
    client.say({ op: 'ping' })
    await until(() => client.messages.length === 1)
  })

  it('is closed with 1012 when the manager closes', async () => {
    await open()
    const task = await world.openTask()
    const client = await connect()
    client.say({ op: 'subscribe', task_id: task.id })
    await until(() => client.messages.length > 0)
    await world.manager.close({ drainMs: 0 })
    await until(() => client.closed !== null)
    expect(client.closed?.code).toBe(1012)
  })

  it('is closed with 1012 when it is taken off the server, which lets in nobody then', async () => {
    await open()
    const client = await connect()
    client.say({ op: 'ping' })
    await until(() => client.messages.length === 1)
    world.webSocket.close()
    await until(() => client.closed !== null)
    expect(client.closed?.code).toBe(1012)
    expect(world.server.listenerCount('upgrade')).toBe(0)
  })

  it('is pinged, and its client stays as long as it answers', async () => {
    await open({ push: { heartbeatMs: 30, pingMs: 30 } })
    const answering = await connect()
    const silent = await connect({ headers: { authorization: 'Bearer alice' }, autoPong: false })
    await until(() => silent.closed !== null && answering.pings > 3)
    expect(silent.closed?.code).toBe(4408)
    expect(answering.closed).toBeNull()
  })
})

it('refuses to be attached without who says who is there', () => {
  const server = createServer()
  expect(() =>
    // @ts-expect-error: `authenticate` is missing
    attachTaskWebSocket(server, world.manager, {}),
  ).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  expect(server.listenerCount('upgrade')).toBe(0)
})
