import { TaskError } from '@outlast/core'
import express5 from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { createTaskRouter } from '../src/express.ts'
import { serve } from './mounts.ts'
import { authenticate, chatManager, headersOf, post } from './task-fixtures.ts'

const closers: (() => Promise<unknown>)[] = []
const failures: unknown[] = []

afterEach(async () => {
  failures.splice(0)
  for (const close of closers.splice(0)) await close()
})

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('the router on %s', (_name, express) => {
  async function open(
    build: (app: ReturnType<typeof express5>, routes: ReturnType<typeof createTaskRouter>) => void,
  ) {
    const { manager } = chatManager()
    const app = express()
    build(app, createTaskRouter(manager, { authenticate, onError: (error) => failures.push(error) }))
    const mounted = await serve(app)
    closers.push(mounted.close, () => manager.close({ drainMs: 0 }))
    return mounted
  }

  it('has the whole mount path for its base, also in a nested router', async () => {
    const { port } = await open((app, routes) => {
      const inner = express.Router()
      inner.use('/jobs', routes)
      app.use('/v1', inner)
    })
    const origin = `http://127.0.0.1:${port}`
    const created = await fetch(`${origin}/v1/jobs`, post('alice', { message: 'hi' }))
    const location = created.headers.get('location') ?? ''
    expect(location).toMatch(/^\/v1\/jobs\/.{20,}$/)
    expect((await fetch(origin + location, { headers: headersOf('alice') })).status).toBe(200)
    expect((await fetch(`${origin}/v1/jobs?limit=1`, { headers: headersOf('alice') })).status).toBe(200)
  })

  it.each(['text', 'raw', 'urlencoded'] as const)(
    'works behind express.%s() for everything',
    async (parser) => {
      const { send } = await open((app, routes) => {
        app.use(express[parser]({ type: '*/*', ...(parser === 'urlencoded' && { extended: true }) }))
        app.use('/api/tasks', routes)
      })
      const response = await send('/', post('alice', { message: 'hi' }))
      // What urlencoded makes of JSON is an object with strange names, and refused as one.
      expect(response.status).toBe(parser === 'urlencoded' ? 400 : 202)
      const form = {
        method: 'POST',
        headers: { 'x-user': 'bob' },
        body: new URLSearchParams({ message: 'hi' }),
      }
      expect((await send('/', form)).status).toBe(415)
    },
  )

  it('reads for itself what the parser before it left alone', async () => {
    const { send } = await open((app, routes) => {
      app.use(express.json())
      app.use('/api/tasks', routes)
    })
    const headers = { ...headersOf('alice'), 'content-type': 'application/vnd.chat+json' }
    expect((await send('/', { ...post('alice', { message: 'hi' }), headers })).status).toBe(202)
  })

  it('answers in JSON when the parser before it finds the body too large', async () => {
    const { send } = await open((app, routes) => {
      app.use(express.json({ limit: 50 }))
      app.use('/api/tasks', routes)
    })
    const response = await send('/', post('alice', { message: 'x'.repeat(100) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ success: false, code: 'body_too_large' })
  })

  it('takes a compressed body when the parser before it unpacks it', async () => {
    const zipped = new Blob([JSON.stringify({ message: 'hi' })])
      .stream()
      .pipeThrough(new CompressionStream('gzip'))
    const body = await new Response(zipped).arrayBuffer()
    const init = { method: 'POST', headers: { ...headersOf('alice'), 'content-encoding': 'gzip' }, body }
    const parsed = await open((app, routes) => {
      app.use(express.json())
      app.use('/api/tasks', routes)
    })
    expect((await parsed.send('/', init)).status).toBe(202)
    const plain = await open((app, routes) => app.use('/api/tasks', routes))
    expect((await plain.send('/', init)).status).toBe(415)
  })

  it.each(['json', 'text', 'raw'] as const)(
    'answers in JSON when express.%s() cannot unpack the body',
    async (parser) => {
      const { send } = await open((app, routes) => {
        app.use(express[parser]({ type: '*/*' }))
        app.use('/api/tasks', routes)
      })
      const headers = { ...headersOf('alice'), 'content-encoding': 'gzip' }
      const response = await send('/', { method: 'POST', headers, body: '{}' })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ success: false, code: 'invalid_json' })
      expect(failures).toEqual([])
    },
  )

  it.each([
    [Object.assign(new Error('secret'), { code: 'Z_DATA_ERROR' }), 400, 'invalid_json'],
    [Object.assign(new Error('secret'), { status: 400 }), 400, 'invalid_json'],
    [Object.assign(new Error('secret'), { status: 401 }), 401, 'unauthenticated'],
    [Object.assign(new Error('secret'), { status: 403 }), 403, 'forbidden_origin'],
    [Object.assign(new Error('secret'), { statusCode: 413 }), 413, 'body_too_large'],
    [Object.assign(new Error('secret'), { status: 415 }), 415, 'unsupported_media_type'],
    [Object.assign(new Error('secret'), { status: 422 }), 400, 'invalid_json'],
    [Object.assign(new Error('secret'), { status: 429 }), 429, 'rate_limited'],
    [new TaskError('unauthenticated', 'Sign in.'), 401, 'unauthenticated'],
    [Object.assign(new Error('secret'), { status: 502 }), 500, 'internal_error'],
    [new Error('secret'), 500, 'internal_error'],
    ['secret', 500, 'internal_error'],
  ])('answers in JSON for what failed before it: %o', async (error, status, code) => {
    const { send } = await open((app, routes) => {
      app.use((_request, _response, next) => next(error))
      app.use('/api/tasks', routes)
    })
    const response = await send('/')
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ success: false, code })
    expect(text).not.toMatch(/secret|\bat .+:\d+/)
    expect(failures).toEqual(status === 500 ? [error] : [])
  })

  it('leaves an answer that has begun, and what is not below its path, to the application', async () => {
    const passed: unknown[] = []
    const { port } = await open((app, routes) => {
      app.use((_request, response, next) => {
        if (_request.query.begun === 'yes') response.writeHead(200).write('begun')
        next(new Error('too late'))
      })
      app.use('/api/tasks', routes)
      const answer: express5.ErrorRequestHandler = (error, _request, response, _next) => {
        passed.push(error)
        response.end()
      }
      app.use(answer)
    })
    const begun = await fetch(`http://127.0.0.1:${port}/api/tasks?begun=yes`)
    expect(await begun.text()).toBe('begun')
    await fetch(`http://127.0.0.1:${port}/elsewhere`)
    expect(passed).toHaveLength(2)
    expect(failures).toEqual([])
  })
})
