import { once } from 'node:events'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { createNodeListener, type NodeListener } from '../src/node.ts'
import { type Mounted, serve } from './mounts.ts'
import { authenticate, chatManager, createTask, headersOf, post } from './task-fixtures.ts'

const closers: (() => Promise<unknown>)[] = []
const failures: unknown[] = []

afterEach(async () => {
  failures.length = 0
  for (const close of closers.splice(0)) await close()
})

async function open(
  wrap: (listener: NodeListener) => NodeListener = (listener) => listener,
): Promise<Mounted & { port: number }> {
  const { manager } = chatManager()
  const onError = (error: unknown) => failures.push(error)
  const mounted = await serve(wrap(createNodeListener(manager, { authenticate, onError })))
  closers.push(mounted.close, () => manager.close({ drainMs: 0 }))
  return mounted
}

function startRequest(port: number, headers: Record<string, string>, agent?: Agent): ClientRequest {
  const options = { port, host: '127.0.0.1', method: 'POST', path: '/api/tasks', ...(agent && { agent }) }
  return httpRequest({ ...options, headers: { ...headersOf('alice'), ...headers } })
}

function answerTo(request: ClientRequest): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response: IncomingMessage) => {
      text(response).then((body) => resolve({ status: response.statusCode, body: JSON.parse(body) }), reject)
    })
  })
}

describe('the node listener', () => {
  it('answers before the rest of a body that is too large has come', async () => {
    const { port } = await open()
    const endless = startRequest(port, { 'transfer-encoding': 'chunked' })
    endless.write(Buffer.alloc(11 * 1_048_576, 0x20))
    expect(await answerTo(endless)).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
    endless.destroy()

    const announced = startRequest(port, { 'content-length': String(50 * 1_048_576) })
    announced.flushHeaders()
    expect(await answerTo(announced)).toMatchObject({ status: 413, body: { code: 'body_too_large' } })
    announced.destroy()
  })

  it('takes the next request of a connection whose last body was too large', async () => {
    const { port } = await open()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const tooLarge = startRequest(port, { 'transfer-encoding': 'chunked' }, agent)
    const refusal = answerTo(tooLarge)
    tooLarge.end(Buffer.alloc(30 * 1_048_576, 0x20))
    expect(await refusal).toMatchObject({ status: 413 })
    const { socket } = tooLarge
    const next = startRequest(port, {}, agent)
    next.end('{"message":"hi"}')
    expect(await answerTo(next)).toMatchObject({ status: 202 })
    expect(next.socket).toBe(socket)
    agent.destroy()
  })

  it('does not report a client that leaves in the middle of its body', async () => {
    const left: Promise<void>[] = []
    const { port, send } = await open((listener) => (request, response) => {
      left.push(new Promise((resolve) => response.once('close', resolve)))
      listener(request, response)
    })
    const request = startRequest(port, { 'content-length': '1000' })
    const broken = new Promise((resolve) => request.once('error', resolve))
    request.write('{"message":')
    await expect.poll(() => left.length).toBe(1)
    request.destroy()
    await broken
    await left[0]
    expect((await send('/', { headers: headersOf('alice') })).status).toBe(200)
    expect(failures).toEqual([])
  })

  it('takes what a parser has read, as text or bytes', async () => {
    for (const read of [(body: string) => body, (body: string) => Buffer.from(body)]) {
      const { send } = await open((listener) => async (request, response) => {
        const body = await text(request)
        listener(Object.assign(request, { body: read(body) }), response)
      })
      expect((await send('/', post('alice', { message: 'hi' }))).status).toBe(202)
      expect((await send('/', { method: 'POST', headers: headersOf('bob'), body: '{' })).status).toBe(400)
    }
  })

  it('says so when the body was read and thrown away', async () => {
    const { send } = await open((listener) => async (request, response) => {
      await text(request)
      listener(request, response)
    })
    expect((await send('/', post('alice', { message: 'hi' }))).status).toBe(500)
    expect(failures[0]).toMatchObject({ message: expect.stringContaining('left no request.body') })
  })

  it('leaves to the next what is not below its base path, and is a 404 without one', async () => {
    const alone = await open()
    const outside = await fetch(`http://127.0.0.1:${alone.port}/api/tasksy`)
    expect(outside.status).toBe(404)
    expect(await outside.json()).toMatchObject({ code: 'route_not_found' })

    const { port } = await open((listener) => (request, response) => {
      listener(request, response, () => response.end('the next one'))
    })
    expect(await (await fetch(`http://127.0.0.1:${port}/elsewhere`)).text()).toBe('the next one')
    expect((await fetch(`http://127.0.0.1:${port}/api/tasks?status=active`)).status).toBe(401)
  })

  it('writes an answer in one piece, with its length in bytes', async () => {
    const mounted = await open()
    const taskId = await createTask(mounted, 'alice', { message: 'naïve 😀' })
    const response = await mounted.send(`/${taskId}`, { headers: headersOf('alice') })
    const body = await response.text()
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(body)))
    expect(response.headers.get('transfer-encoding')).toBeNull()
    expect(JSON.parse(body)).toMatchObject({ data: { message: 'naïve 😀' } })
  })
})

it('knows its own origin over HTTP/2', async () => {
  const { manager } = chatManager()
  const byCookie = () => ({ userId: 'alice', via: 'cookie' }) as const
  const server = createHttp2Server(createNodeListener(manager, { authenticate: byCookie }) as never)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  const statusFrom = async (origin: string): Promise<unknown> => {
    const headers = { ':path': '/api/tasks', ':method': 'POST', 'content-type': 'application/json', origin }
    const stream = session.request(headers)
    stream.end(JSON.stringify({ message: 'Hello' }))
    const [head] = await once(stream, 'response')
    stream.resume()
    return head[':status']
  }
  expect(await statusFrom(`http://127.0.0.1:${port}`)).toBe(202)
  expect(await statusFrom('http://evil.example')).toBe(403)
  session.close()
  server.close()
  await manager.close({ drainMs: 0 })
})
