import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { sqliteStore } from '@outlast/core/sqlite'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNodeListener } from '../src/node.ts'
import { serve, servedMounts } from './mounts.ts'
import { until } from './push-world.ts'
import { readEventStream } from './security/read-event-stream.ts'
import { type Answer, type SecuredMount, SecuredServer } from './security/secured-server.ts'

const deep = '['.repeat(50_000) + ']'.repeat(50_000)
const manyKeys = JSON.stringify(
  Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`k${index}`, {}])),
)

/** Every route below a task, as requests that do something to it. */
const routesOfTask: [method: string, path: (id: string) => string, body?: string][] = [
  ['GET', (id) => `/${id}`],
  ['HEAD', (id) => `/${id}`],
  ['GET', (id) => `/${id}?from=99&wait_ms=5000`],
  ['GET', (id) => `/${id}?from=0&snapshot=blocks@1&epoch=x`],
  ['GET', (id) => `/${id}/events`],
  ['GET', (id) => `/${id}/durable`],
  ['HEAD', (id) => `/${id}/durable`],
  ['GET', (id) => `/${id}/durable?offset=now&live=long-poll`],
  ['GET', (id) => `/${id}/durable?offset=-1&live=sse`],
  ['DELETE', (id) => `/${id}`],
  ['POST', (id) => `/${id}/cancel`, '{"reason":"mine"}'],
  ['POST', (id) => `/${id}/input`, '{"id":"q","value":"yes"}'],
  ['POST', (id) => `/${id}/tools/t/cancel`],
]

const writes: [method: string, path: string, body: string | undefined][] = [
  ['POST', '/', '{"message":"quick"}'],
  ['POST', '/cancel', '{}'],
  ['POST', '/unknown/cancel', '{}'],
  ['POST', '/unknown/input', '{"id":"q"}'],
  ['POST', '/unknown/tools/t/cancel', undefined],
  ['DELETE', '/unknown', undefined],
]

function headersThatTell({ headers }: Answer): object {
  const { date: _date, ...telling } = headers
  return telling
}

function expectJsonError(answer: Answer, status: number, code: string): void {
  expect(answer.json).toMatchObject({ success: false, code, error: expect.stringMatching(/^.{20,}\.$/s) })
  expect(answer.status).toBe(status)
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
  expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node_modules|"stack"/)
}

const overSqlite: SecuredMount = {
  name: 'node listener over SQLite',
  open: (manager, options) => serve(createNodeListener(manager, options)),
  makeStore: () => sqliteStore(new Database(':memory:')),
}

describe.each<SecuredMount>([...servedMounts, overSqlite])('security through $name', (mount) => {
  let server: SecuredServer
  const failures = (): unknown[] => server.failures.splice(0)

  beforeAll(async () => {
    server = await SecuredServer.open(mount)
  })

  afterAll(async () => {
    const left = failures()
    await server.close()
    expect(left).toEqual([])
  })

  it('S1 · another user’s task is answered as an unknown one, byte for byte, and stays as it is', async () => {
    const running = await server.create('alice', 'wait')
    const finished = await server.createFinished('alice', 'done', { conversation_id: 'c1' })
    await server.reach(running, ({ status }) => status === 'running')
    for (const [method, path, body] of routesOfTask) {
      const given = { method, user: 'mallory', ...(body !== undefined && { body }) }
      const [unknown, ...foreign] = await Promise.all(
        ['unknown', running, finished, ...(mount.strictPaths ? [] : ['%zz'])].map((id) =>
          server.ask(path(id), given),
        ),
      )
      expect(unknown?.status, `${method} ${path(':id')}`).toBe(404)
      if (method !== 'HEAD') expect(unknown?.json.code).toBe('task_not_found')
      for (const answer of foreign) {
        expect(answer.text).toBe(unknown?.text)
        expect(headersThatTell(answer)).toEqual(headersThatTell(unknown as Answer))
      }
    }
    for (const query of ['', '?status=active', '?workspace_id=default', '?conversation_id=c1']) {
      const list = await server.ask(`/${query}`, { user: 'mallory' })
      expect(list.json).toMatchObject({ success: true, data: [] })
    }
    const stop = await server.post('/cancel', 'mallory', { task_id: running })
    expect(stop.json.data).toEqual({ task_id: null, status: null, outcome: 'finished' })
    expect((await server.ask(`/${running}`, { user: 'alice' })).json.data).toMatchObject({
      status: 'running',
      stop: null,
    })
    expect((await server.ask(`/${finished}`, { user: 'alice' })).status).toBe(200)
  })

  it('S1 · nobody gets anything without signing in, and statistics only an admin', async () => {
    for (const [method, path, body] of [...routesOfTask, ...writes] as typeof routesOfTask) {
      const below = typeof path === 'string' ? path : path('unknown')
      const answer = await server.ask(below, { method, ...(body !== undefined && { body }) })
      expect(answer.status, `${method} ${below}`).toBe(401)
    }
    expect((await server.ask('/openapi.json')).status).toBe(401)
    expect((await server.ask('/stats')).status).toBe(401)
    expectJsonError(await server.ask('/stats', { user: 'alice' }), 404, 'route_not_found')
    expect((await server.ask('/stats', { user: 'root' })).status).toBe(200)
  })

  it('S1 · another user’s task is answered over a WebSocket as an unknown one, and no news of it comes', async () => {
    const running = await server.create('alice', 'wait')
    const mallory = await server.connect('mallory')
    mallory.say({ op: 'subscribe', task_id: '*' })
    for (const id of [running, 'x'.repeat(running.length)]) mallory.say({ op: 'subscribe', task_id: id })
    await until(() => mallory.of('error').length === 2)
    const [foreign, unknown] = mallory.of('error').map(({ task_id: _, ...answer }) => answer)
    expect(foreign).toEqual(unknown)
    expect(foreign?.code).toBe('task_not_found')
    const alice = await server.connect('alice')
    alice.say({ op: 'subscribe', task_id: '*' })
    await until(() => alice.of('status').length > 0)
    const created = await server.createFinished('alice', 'secret')
    await until(() => alice.of('status').some(({ task_id }) => task_id === created))
    mallory.say({ op: 'ping' })
    await until(() => mallory.of('pong').length === 1)
    expect(mallory.messages.map(({ op }) => op)).toEqual(['error', 'error', 'pong'])
    await server.manager.cancel(running, { actor: 'alice' })
  })

  it('S1 · nobody gets anything over a WebSocket without signing in', async () => {
    const id = await server.createFinished('alice', 'done')
    const nobody = await server.connect(null)
    nobody.say({ op: 'subscribe', task_id: id })
    nobody.say({ op: 'subscribe', task_id: '*' })
    await until(() => nobody.messages.length === 2)
    expect(nobody.of('error').map(({ code }) => code)).toEqual(['unauthenticated', 'unauthenticated'])
  })

  it('S2 · ids have at least 120 bits, and none comes twice', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => server.create('ids', 'quick')))
    expect(new Set(ids).size).toBe(20)
    for (const id of ids) expect(id).toMatch(/^[\w-]{20,}$/)
    // No character is the same in all of them: nothing of an id can be known.
    for (let at = 0; at < 20; at++) expect(new Set(ids.map((id) => id[at])).size).toBeGreaterThan(1)
  })

  it('S3 · a write with a cookie needs an origin that is known, or JSON', async () => {
    const cookie = 'user=bob'
    for (const [method, path, body] of writes) {
      const from = (headers: Record<string, string>) =>
        server.ask(path, { method, ...(body !== undefined && { body }), headers: { cookie, ...headers } })
      for (const origin of [
        'https://evil.example.com',
        'null',
        'http://127.0.0.1:1',
        `${server.origin}.evil.example`,
      ]) {
        expectJsonError(await from({ origin, 'content-type': 'application/json' }), 403, 'forbidden_origin')
      }
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ]) {
        expectJsonError(await from({ 'content-type': type }), 403, 'forbidden_origin')
      }
      for (const origin of [server.origin, 'https://app.example.com']) {
        expect((await from({ origin, 'content-type': 'application/json' })).json.code).not.toBe(
          'forbidden_origin',
        )
      }
    }
    expect((await server.ask('/', { headers: { cookie } })).json.data.length).toBeLessThanOrEqual(2)
  })

  it('S4 · an event stream with a cookie is closed to foreign pages', async () => {
    const id = await server.createFinished('bob', 'hello')
    const open = (path: string, headers: Record<string, string>) =>
      server.ask(path, { headers: { cookie: 'user=bob', ...headers } })
    for (const path of [`/${id}/events`, `/${id}/durable?offset=-1&live=sse`]) {
      expectJsonError(await open(path, { origin: 'https://evil.example.com' }), 403, 'forbidden_origin')
      for (const headers of [{}, { origin: server.origin }, { origin: 'https://app.example.com' }]) {
        expect((await open(path, headers)).headers['content-type']).toMatch(/^text\/event-stream/)
      }
    }
  })

  it('S4 · a WebSocket with a cookie is closed to foreign pages', async () => {
    const headers = { cookie: 'user=bob' }
    const evil = await server.connect(null, { headers, origin: 'https://evil.example.com' })
    await until(() => evil.closed !== null)
    expect(evil.closed?.code).toBe(4403)
    expect(evil.messages).toEqual([])
    // The origin of a proxy is one that has to be listed.
    for (const origin of [...(mount.proxied ? [] : [server.origin]), 'https://app.example.com']) {
      const own = await server.connect(null, { headers, origin })
      own.say({ op: 'ping' })
      await until(() => own.of('pong').length === 1)
    }
  })

  it('S5 · messages of a WebSocket have bounds, and those who send too many bad ones are shown out', async () => {
    const client = await server.connect('big')
    client.webSocket.send('['.repeat(8_000))
    await until(() => client.messages.length === 1)
    expect(client.of('error')[0]?.code).toBe('too_deep')
    for (let sent = 1; sent < 20; sent++) client.webSocket.send('!')
    await until(() => client.closed !== null)
    expect(client.closed?.code).toBe(4429)
    const large = await server.connect('big')
    large.webSocket.send('x'.repeat(100_000))
    await until(() => large.closed !== null)
    expect(large.closed?.code).toBe(1009)
  })

  it('S6, S8 · a WebSocket takes what its schema knows, and no name reaches the prototypes', async () => {
    const client = await server.connect('strict')
    const bad = [
      '{"op":"subscribe","task_id":"x","isAdmin":true}',
      '{"op":"__proto__"}',
      '{"op":"constructor","task_id":"x"}',
      '{"op":"subscribe","__proto__":{"task_id":"x"}}',
      '{"op":"ping","__proto__":{"polluted":1}}',
    ]
    for (const text of bad) client.webSocket.send(text)
    await until(() => client.messages.length === bad.length)
    expect(client.of('error').map(({ code }) => code)).toEqual(bad.map(() => 'invalid_input'))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('S7 · a WebSocket of a server that fails is closed, and told nothing of its insides', async () => {
    const client = await server.connect('errors', { headers: { 'x-explode': '1' } })
    await until(() => client.closed !== null)
    expect(client.closed).toEqual({ code: 1011, reason: 'the server failed' })
    expect(client.messages).toEqual([])
    expect(failures()).toMatchObject([{ message: 'the session store is away' }])
  })

  it.each([
    ['a body that is too large', JSON.stringify({ message: 'x'.repeat(300_000) }), 413, 'body_too_large'],
    ['50,000 nested arrays', deep, 413, 'too_deep'],
    ['50,000 nested arrays in a field', `{"message":${deep}}`, 413, 'too_deep'],
    ['12,000 keys', `{"message":[${manyKeys},${manyKeys}]}`, 413, 'body_too_large'],
  ])('S5 · %s is refused, and the list still answers', async (_title, body, status, code) => {
    expectJsonError(await server.ask('/', { method: 'POST', user: 'big', body }), status, code)
    expect((await server.ask('/', { user: 'big' })).json.data).toEqual([])
  })

  it('S5 · the other routes have bounds for their bodies, too', async () => {
    const id = await server.createFinished('big2', 'done')
    for (const path of ['/cancel', `/${id}/cancel`, `/${id}/input`]) {
      expectJsonError(await server.ask(path, { method: 'POST', user: 'big2', body: deep }), 413, 'too_deep')
      const reason = await server.post(path, 'big2', { id: 'q', reason: 'x'.repeat(1_001), value: 1 })
      expect([400, 404]).toContain(reason.status)
    }
  })

  it('S5 · requests, connections and active tasks of one user have bounds, with Retry-After', async () => {
    const spent = { consume: () => Promise.reject({ msBeforeNext: 2_500 }) }
    const bounded = await SecuredServer.open(mount, {
      limits: { maxActivePerUser: 1 },
      push: { maxWatchersPerUser: 0 },
      rateLimit: { writes: spent, keyOf: ({ viewer }) => (viewer.userId === 'hasty' ? 'hasty' : null) },
    })
    const hasty = await bounded.post('/', 'hasty', { message: 'quick' })
    expectJsonError(hasty, 429, 'rate_limited')
    expect(hasty.headers['retry-after']).toBe('3')
    const id = await bounded.create('busy', 'wait')
    const second = await bounded.post('/', 'busy', { message: 'quick' })
    expectJsonError(second, 429, 'quota_reached')
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0)
    for (const path of [
      `/${id}?from=99&wait_ms=5000`,
      `/${id}/events`,
      `/${id}/durable?offset=now&live=long-poll`,
      `/${id}/durable?offset=-1&live=sse`,
    ]) {
      const refused = await bounded.ask(path, { user: 'busy' })
      expectJsonError(refused, 429, 'rate_limited')
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    }
    const socket = await bounded.connect('busy')
    await until(() => socket.closed !== null)
    expect(socket.closed?.code).toBe(4429)
    expect(bounded.failures).toEqual([])
    await bounded.close()
  })

  it('S6 · what a schema does not know is refused', async () => {
    const id = await server.createFinished('strict', 'done')
    for (const [path, body] of [
      ['/', { message: 'hello', isAdmin: true }],
      ['/', { message: 7 }],
      ['/cancel', { taskId: id }],
      [`/${id}/input`, { id: 'q', val: 1 }],
      [`/${id}/cancel`, { reason: {} }],
    ] as const) {
      const answer = await server.post(path, 'strict', body)
      expectJsonError(answer, 400, 'invalid_input')
      expect(answer.json.issues.length).toBeGreaterThan(0)
    }
  })

  it('S7 · every refusal is JSON and says nothing of the server’s insides', async () => {
    const user = 'errors'
    const post = (body: string | Uint8Array, headers = {}) =>
      server.ask('/', { method: 'POST', user, body, headers })
    expectJsonError(await post('{"message": '), 400, 'invalid_json')
    expectJsonError(
      await post('{"message":"x"}', { 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
    )
    expectJsonError(await post('"x"'), 400, mount.strictJson ? 'invalid_json' : 'invalid_input')
    expectJsonError(await server.ask('/a/b/c', { user }), 404, 'route_not_found')
    expectJsonError(await server.ask('/x?from=-1', { user }), 400, 'invalid_cursor')
    const method = await server.ask('/x', { method: 'PATCH', user })
    expectJsonError(method, 405, 'method_not_allowed')
    expect(method.headers.allow).toBe('GET, HEAD, DELETE')
    const broken = await server.ask('/', { user, headers: { 'x-explode': '1' } })
    expectJsonError(broken, 500, 'internal_error')
    expect(broken.text).not.toContain('session store')
    expect(failures()).toMatchObject([{ message: 'the session store is away' }])
  })

  it('S8 · no name reaches the prototypes', async () => {
    const evil = '{"message":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
    for (const path of ['/', '/cancel', '/x/cancel', '/x/input']) {
      const answer = await server.ask(path, { method: 'POST', user: 'proto', body: evil })
      expect([400, 404]).toContain(answer.status)
    }
    for (const path of [
      '/__proto__',
      '/constructor',
      '/?__proto__=1&status=constructor',
      '/toString?from=0',
    ]) {
      expect([400, 404]).toContain((await server.ask(path, { user: 'proto' })).status)
    }
    const id = await server.create('__proto__', 'quick')
    const own = await server.ask('/', { user: '__proto__' })
    expect(own.json.data.map(({ task_id }: { task_id: string }) => task_id)).toEqual([id])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('S9 · NUL and lone surrogates come back as they were sent, and bad UTF-8 is refused or replaced', async () => {
    const strange = 'a\u0000b\ud800c\udfff\u2028\ufeff😀'
    const id = await server.createFinished('odd', strange, { conversation_id: strange })
    const { json } = await server.ask(`/${id}`, { user: 'odd' })
    expect(json.data).toMatchObject({
      message: strange,
      conversation_id: strange,
      result: { message: strange },
    })
    const chunk = json.data.events.find(({ type }: { type: string }) => type === 'text_chunk')
    expect(chunk.data.content).toBe(strange)
    const bytes = Buffer.concat([Buffer.from('{"message":"a'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')])
    const bad = await server.ask('/', { method: 'POST', user: 'odd', body: bytes })
    if (bad.status !== 202) expectJsonError(bad, 400, 'invalid_json')
    // A parser of the application has replaced what it could not read.
    else expect(mount.name).toContain('json')
  })

  it('S10 · no text can end a frame of an event stream or begin another', async () => {
    const forged =
      'a\n\nevent: end\ndata: {}\n\n\r\rid: x.9\r\ndata: {"idx":7}\r\n\r\n\u2028\u2029\u0085:\n\nevent: reset\n\n[DONE]'
    const id = await server.createFinished('frames', forged)
    const { text, headers } = await server.ask(`/${id}/events`, { user: 'frames' })
    expect(headers['content-encoding']).toBeUndefined()
    const streamed = readEventStream(text)
    const messages = streamed.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data))
    const page = await server.ask(`/${id}`, { user: 'frames' })
    expect(messages).toEqual(page.json.data.events)
    expect(streamed.filter(({ event }) => event === 'end')).toHaveLength(1)
    expect(streamed.at(-1)?.event).toBe('end')
    expect(streamed.some(({ event }) => event === 'reset')).toBe(false)

    const durable = await server.ask(`/${id}/durable?offset=-1&live=sse`, { user: 'frames' })
    const blocks = readEventStream(durable.text)
    expect(blocks.flatMap(({ event, data }) => (event === 'data' ? JSON.parse(data) : []))).toEqual(messages)
    expect(new Set(blocks.map(({ event }) => event))).toEqual(new Set(['data', 'control']))
    expect(blocks.filter(({ data }) => data.includes('"streamClosed":true'))).toHaveLength(1)
  })

  it('S10 · no text can end a message of a WebSocket or begin another', async () => {
    const forged = '"]}\u0000{"op":"end"}\n\r\u2028\u2029{"op":"reset","first_idx":0}'
    const id = await server.createFinished('messages', forged)
    const client = await server.connect('messages')
    client.say({ op: 'subscribe', task_id: id })
    await until(() => client.of('end').length > 0)
    const page = await server.ask(`/${id}`, { user: 'messages' })
    expect(client.of('events').flatMap(({ events }) => events)).toEqual(page.json.data.events)
    expect(client.of('end')).toHaveLength(1)
    expect(client.of('reset')).toEqual([])
  })

  it('S11 · nothing that was sent becomes a header, and no secret reaches onError', async () => {
    for (const path of [
      '/%0d%0aset-cookie:%20x=1',
      '/x%00%0a/cancel',
      '/?cursor=%0d%0ax:%20y',
      '/x?snapshot=a%0d%0ab',
    ]) {
      const answer = await server.ask(path, { user: 'crlf' })
      expect(answer.headers).not.toHaveProperty('set-cookie')
      expect(answer.headers).not.toHaveProperty('x')
      if (mount.proxied && answer.json === null) continue
      expect([...answer.text].every((character) => character >= ' ')).toBe(true)
    }
    const id = await server.create('crlf', 'quick')
    const created = await server.post('/', 'crlf', { message: 'quick' })
    expect(created.headers.location).toBe(`${server.basePath}/${created.json.data.task_id}`)
    const { etag } = (await server.ask(`/${id}?snapshot=blocks@1`, { user: 'crlf' })).headers
    expect(etag).toMatch(/^W\/"[\x21\x23-\x7e]+"$/)
    const secrets = { authorization: 'Bearer s3cret', cookie: 'user=crlf; session=s3cret', 'x-explode': '1' }
    expect((await server.ask('/', { headers: secrets })).status).toBe(500)
    const told = failures()
    expect(told).toHaveLength(1)
    expect(inspect(told, { depth: 10, showHidden: true })).not.toContain('s3cret')
  })

  it('S12 · reading a request takes no longer the more hostile it is', async () => {
    const many = 14_000
    const id = await server.createFinished('slow', 'done')
    const begun = performance.now()
    for (const headers of [
      { prefer: ',\t '.repeat(many / 3) },
      { prefer: `wait${' '.repeat(many)}x` },
      { 'if-none-match': 'W/"'.repeat(many / 3) },
      { 'if-none-match': ','.repeat(many) },
      { 'last-event-id': '.'.repeat(many) },
      { 'last-event-id': `${'1.'.repeat(many / 2)}x` },
      { 'idempotency-key': 'k'.repeat(many) },
    ] as Record<string, string>[]) {
      expect((await server.ask(`/${id}`, { user: 'slow', headers })).status).toBeLessThan(500)
      expect((await server.ask(`/${id}/events`, { user: 'slow', headers })).status).toBeLessThan(500)
      expect((await server.ask(`/${id}/durable`, { user: 'slow', headers })).status).toBeLessThan(500)
    }
    for (const offset of ['0'.repeat(250), `${'0'.repeat(16)}_${'_'.repeat(230)}`]) {
      const odd = await server.ask(`/${id}/durable?offset=${offset}`, { user: 'slow' })
      expectJsonError(odd, 400, 'invalid_cursor')
    }
    for (const body of [
      `{"message":"${'\\\\'.repeat(30_000)}"}`,
      `{"message":"${'\\"'.repeat(30_000)}`,
      '{"a":'.repeat(12_000),
      `[${'"",'.repeat(20_000)}""]`,
    ]) {
      expect((await server.ask('/', { method: 'POST', user: 'slow', body })).status).toBeLessThan(500)
    }
    const type = { 'content-type': `application/${'+'.repeat(many)}` }
    const odd = await server.ask('/', { method: 'POST', user: 'slow', body: '{}', headers: type })
    expect(odd.status).toBe(mount.proxied ? 400 : 415)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  it('S13 · no address that was sent is asked for anything', async () => {
    let asked = 0
    const canary = createServer((_request, response) => {
      asked++
      response.end()
    })
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`
    const id = await server.createFinished('urls', address, { images: [address], conversation_id: address })
    await server.ask(`/${id}`, { user: 'urls', headers: { referer: address, 'x-forwarded-host': address } })
    await server.ask(`/${encodeURIComponent(address)}`, { user: 'urls' })
    await new Promise((resolve) => canary.close(resolve))
    expect(asked).toBe(0)
  })

  it('S14 · every answer forbids storing and sniffing, and keeps what others vary by', async () => {
    const id = await server.createFinished('heads', 'done')
    const origin = 'https://app.example.com'
    const given = { user: 'heads', headers: { origin } }
    for (const path of ['/', `/${id}`, '/openapi.json', '/unknown', '/a/b/c', '/x?from=x']) {
      const { headers } = await server.ask(path, given)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-type': 'application/json; charset=utf-8',
      })
      if (mount.cors) {
        expect(headers['access-control-allow-origin']).toBe(origin)
        expect(headers.vary).toMatch(/\bOrigin\b/)
      }
    }
    const stream = await server.ask(`/${id}/events`, given)
    expect(stream.headers).toMatchObject({
      'cache-control': 'no-cache, no-transform',
      'x-content-type-options': 'nosniff',
      // The proxy that it is meant for keeps it.
      ...(!mount.proxied && { 'x-accel-buffering': 'no' }),
    })
    if (mount.cors) expect(stream.headers['access-control-allow-origin']).toBe(origin)
    for (const query of ['', '?offset=now', '?offset=-1&live=long-poll']) {
      const { headers } = await server.ask(`/${id}/durable${query}`, given)
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      if (mount.cors) expect(headers['access-control-allow-origin']).toBe(origin)
    }
  })

  it('S14 · an ETag is the same until something happens, and 304 has no body', async () => {
    const id = await server.create('tags', 'wait')
    await server.reach(id, ({ status }) => status === 'running')
    const read = (path: string, tag = '') =>
      server.ask(path, { user: 'tags', headers: tag === '' ? {} : { 'if-none-match': tag } })
    const tag = (await read(`/${id}?from=0`)).headers.etag ?? ''
    const same = await read(`/${id}?from=0`, tag)
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', tag])
    expect(same.headers['cache-control']).toBe('no-store')
    expect((await read(`/${id}?from=1`, tag)).status).toBe(200)
    await server.ask(`/${id}/cancel`, { method: 'POST', user: 'tags' })
    expect((await read(`/${id}?from=0`, tag)).status).toBe(200)
  })

  it('S15 · nothing that was sent is read as SQL, as a pattern, as a key or as a path', async () => {
    const id = await server.create('alice', 'wait')
    const evil = [
      "' OR 1=1 --",
      '*',
      '%',
      '_',
      '../../etc/passwd',
      'user:alice',
      `log:${id}`,
      '\u0000',
      '{}',
      '"]',
    ]
    for (const text of evil) {
      const path = encodeURIComponent(text)
      if (mount.proxied && text === '\u0000') continue
      for (const below of [`/${path}`, `/${path}/events`, `/${path}/durable`]) {
        expect((await server.ask(below, { user: 'eve' })).status, below).toBe(404)
      }
      for (const name of ['workspace_id', 'conversation_id', 'cursor']) {
        const list = await server.ask(`/?${name}=${path}`, { user: 'eve' })
        expect(list.json, `${name} ${text}`).toMatchObject({ success: true, data: [] })
      }
      expect((await server.post('/cancel', 'eve', { task_id: text })).json.data?.task_id ?? null).toBeNull()
      const tool = await server.ask(`/${id}/tools/${path}/cancel`, { method: 'POST', user: 'alice' })
      expect(tool.json.code).toBe('tool_not_found')
    }
    for (const user of ["alice' --", 'alice*', '["alice"', 'alice","default']) {
      expect((await server.ask('/', { user })).json.data).toEqual([])
      expect((await server.ask(`/${id}`, { user })).status).toBe(404)
    }
    expect((await server.ask(`/${id}`, { user: 'alice' })).json.data.status).toBe('running')
  })

  it('S16 · a runner that throws ends its own task and nothing else', async () => {
    for (const message of ['throw', 'throw nothing']) {
      const id = await server.createFinished('thrower', message)
      const { json } = await server.ask(`/${id}`, { user: 'thrower' })
      expect(json.data).toMatchObject({ status: 'failed', error_code: 'runner_error' })
      expect(json.data.events.at(-1)).toMatchObject({ type: 'task_complete', data: { status: 'failed' } })
    }
    expect((await server.ask('/', { user: 'thrower' })).status).toBe(200)
  })
})
