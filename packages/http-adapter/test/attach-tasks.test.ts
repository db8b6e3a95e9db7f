import { createServer, Server } from 'node:http'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { attachTasks } from '../src/node.ts'
import { listen, type Served } from './mounts/serve.ts'
import { authenticate, chatManager, headersOf, post } from './task-fixtures.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(server: Server): Promise<Served & { detach: () => void; seen: string[] }> {
  const seen: string[] = []
  server.on('request', (request) => seen.push(request.url ?? ''))
  const { manager } = chatManager()
  const detach = attachTasks(server, manager, { authenticate })
  const served = await listen(server)
  closers.push(served.close, () => manager.close({ drainMs: 0 }))
  return { ...served, detach, seen }
}

const list = { headers: headersOf('alice') }

describe('routes attached to a server', () => {
  it('are answered before its listeners see them, and everything else by those', async () => {
    const app = express()
    app.use((_request, response) => void response.status(418).send('the application'))
    const { port, send, seen } = await open(createServer(app))
    expect((await send('/', post('alice', { message: 'hi' }))).status).toBe(202)
    expect((await send('?status=active', list)).status).toBe(200)
    expect((await send('/a/b/c', list)).status).toBe(404)
    for (const path of ['/', '/api/tasksy', '/api/task?x=/api/tasks']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(418)
    }
    expect(seen).toEqual(['/', '/api/tasksy', '/api/task?x=/api/tasks'])
  })

  it('are answered once, also when the application comes to the server later', async () => {
    const server = createServer()
    const { port, send } = await open(server)
    const late = express()
    late.get('/beside', (_request, response) => void response.send('late'))
    server.on('request', late)
    expect((await send('/', list)).status).toBe(200)
    expect(await (await fetch(`http://127.0.0.1:${port}/beside`)).text()).toBe('late')
  })

  it('are left to the listeners when they are detached, whoever has attached since', async () => {
    const server = createServer((_request, response) => response.writeHead(418).end())
    const { emit } = server
    const { send, detach, seen } = await open(server)
    const { manager } = chatManager()
    closers.push(() => manager.close({ drainMs: 0 }))
    const detachOther = attachTasks(server, manager, { authenticate, basePath: '/other' })
    detach()
    expect((await send('/', list)).status).toBe(418)
    expect(seen).toHaveLength(1)
    detachOther()
    detach()
    expect((await send('/', list)).status).toBe(418)
    expect(emit).toBe(Server.prototype.emit)
  })

  it('are seen by what traces every server', async () => {
    const { emit } = Server.prototype
    const traced: unknown[] = []
    // As instrumentations of node:http do.
    Server.prototype.emit = function (this: Server, event: string | symbol, ...values: unknown[]): boolean {
      if (event === 'request') traced.push((values[0] as { url: string }).url)
      return Reflect.apply(emit, this, [event, ...values])
    }
    try {
      const { send, seen } = await open(createServer())
      expect((await send('/', list)).status).toBe(200)
      expect(traced).toEqual(['/api/tasks/'])
      expect(seen).toEqual([])
    } finally {
      Server.prototype.emit = emit
    }
  })

  it('say at once that a manager is missing, and leave the server as it is', () => {
    const server = createServer()
    const { emit } = server
    expect(() => attachTasks(server, undefined as never, { authenticate })).toThrow(/need a TaskManager/)
    expect(server.emit).toBe(emit)
  })
})
