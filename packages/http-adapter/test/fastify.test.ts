import fastifyCompress from '@fastify/compress'
import { TaskError, type TaskManager } from '@outlast/core'
import type { AuthenticateRequest } from '@outlast/core/http'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { taskPlugin } from '../src/fastify.ts'
import { authenticate, chatManager, headersOf } from './task-fixtures.ts'

const closers: (() => Promise<unknown>)[] = []
const failures: unknown[] = []

afterEach(async () => {
  failures.splice(0)
  for (const close of closers.splice(0)) await close()
})

async function open(
  build: (app: FastifyInstance, manager: TaskManager) => unknown,
  { prefix = '/api/tasks' }: { prefix?: string } = {},
): Promise<FastifyInstance> {
  const { manager } = chatManager()
  const app = fastify()
  await build(app, manager)
  app.register(taskPlugin, { prefix, manager, authenticate, onError: (error) => failures.push(error) })
  closers.push(
    () => app.close(),
    () => manager.close({ drainMs: 0 }),
  )
  return app
}

const create = {
  method: 'POST',
  url: '/api/tasks',
  headers: headersOf('alice'),
  payload: '{"message":"hi"}',
} as const

describe('the plugin on Fastify', () => {
  it('has its whole prefix for its base, also with parameters, other letters and other encodings', async () => {
    const app = await open(() => {}, { prefix: '/teams/:team/tasks' })
    const { headers } = await app.inject({ ...create, url: '/teams/red%20ones/tasks' })
    expect(headers.location).toMatch(/^\/teams\/red%20ones\/tasks\/.{20,}$/)
    const read = await app.inject({ url: String(headers.location), headers: headersOf('alice') })
    expect(read.json()).toMatchObject({ success: true, data: { message: 'hi' } })
    const list = await app.inject({ url: '/teams/red/%74asks/?limit=1', headers: headersOf('alice') })
    expect(list.json()).toMatchObject({ success: true, data: [{}] })
  })

  it('reads bodies with its own limits, and leaves those of other routes to Fastify', async () => {
    const app = await open((app) => {
      app.post('/echo', { bodyLimit: 20 }, (request) => request.body)
    })
    const payload = JSON.stringify({ message: 'hi', images: ['x'.repeat(1_200_000)] })
    expect((await app.inject({ ...create, payload })).statusCode).toBe(202)
    const echo = await app.inject({ ...create, url: '/echo', payload: '{"a":1}' })
    expect(echo.json()).toEqual({ a: 1 })
    expect((await app.inject({ ...create, url: '/echo', payload })).statusCode).toBe(413)
  })

  it('takes a compressed body when a hook unpacks it, and only then', async () => {
    const zip = new Blob([create.payload]).stream().pipeThrough(new CompressionStream('gzip'))
    const payload = Buffer.from(await new Response(zip).arrayBuffer())
    const zipped = { ...create, payload, headers: { ...create.headers, 'content-encoding': 'gzip' } }
    const unpacking = await open((app) => app.register(fastifyCompress))
    expect((await unpacking.inject(zipped)).statusCode).toBe(202)
    const broken = await unpacking.inject({ ...zipped, payload: Buffer.from('no gzip') })
    expect(broken.json()).toMatchObject({ success: false, code: 'invalid_json' })
    const plain = await open(() => {})
    expect((await plain.inject(zipped)).json()).toMatchObject({ code: 'unsupported_media_type' })
    expect(failures).toEqual([])
  })

  it.each([
    [Object.assign(new Error('who?'), { statusCode: 401 }), 401, 'unauthenticated'],
    [Object.assign(new Error('slowly'), { statusCode: 429 }), 429, 'rate_limited'],
    [new TaskError('forbidden_origin', 'Not from there.'), 403, 'forbidden_origin'],
    [new Error('the hook broke'), 500, 'internal_error'],
  ])('answers what a hook refused in JSON: %s', async (error, status, code) => {
    const app = await open((app) => {
      app.addHook('onRequest', async () => {
        throw error
      })
    })
    const response = await app.inject({ url: '/api/tasks', headers: headersOf('alice') })
    expect(response.statusCode).toBe(status)
    expect(response.json()).toMatchObject({ success: false, code })
    expect(failures).toEqual(status === 500 ? [error] : [])
  })

  it('answers a method in JSON, whatever it is, and a content type that is none', async () => {
    const app = await open(() => {})
    const { headers } = create
    for (const method of ['PUT', 'OPTIONS', 'TRACE'] as const) {
      const response = await app.inject({
        method: method as 'PUT',
        url: '/api/tasks',
        headers: { 'x-user': 'alice' },
      })
      expect(response.json()).toMatchObject({ success: false, code: 'method_not_allowed' })
    }
    const odd = await app.inject({ ...create, headers: { ...headers, 'content-type': ';;' } })
    expect(odd.json()).toMatchObject({ success: false, code: 'unsupported_media_type' })
  })

  it('gives Fastify’s request to authenticate, with what hooks have put on it', async () => {
    const { manager } = chatManager()
    const app = fastify()
    app.decorateRequest('session', null)
    app.addHook('onRequest', async (request) => Object.assign(request, { session: 'alice' }))
    app.register(taskPlugin, {
      prefix: '/api/tasks',
      manager,
      authenticate: ({ raw }: AuthenticateRequest) => ({
        userId: (raw as { session: string }).session,
        via: 'token',
      }),
    })
    closers.push(
      () => app.close(),
      () => manager.close({ drainMs: 0 }),
    )
    const { task_id } = (
      await app.inject({ ...create, headers: { 'content-type': 'application/json' } })
    ).json().data
    expect(await manager.get(task_id)).toMatchObject({ userId: 'alice' })
  })

  it('says at once that a manager is missing', async () => {
    const app = fastify()
    app.register(taskPlugin, { prefix: '/api/tasks', authenticate } as never)
    await expect(app.ready()).rejects.toMatchObject({ code: 'invalid_definition' })
  })
})
