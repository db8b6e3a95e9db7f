import type { AuthenticateRequest } from '@outlast/core/http'
import { type Context, Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { createTaskApp } from '../src/hono.ts'
import { authenticate, chatManager, headersOf, post } from './task-fixtures.ts'

const closers: (() => Promise<unknown>)[] = []
const failures: unknown[] = []

afterEach(async () => {
  failures.splice(0)
  for (const close of closers.splice(0)) await close()
})

function tasks(options: Partial<Parameters<typeof createTaskApp>[1]> = {}): Hono {
  const { manager } = chatManager()
  closers.push(() => manager.close({ drainMs: 0 }))
  return createTaskApp(manager, { authenticate, onError: (error) => failures.push(error), ...options })
}

const asAlice = { headers: headersOf('alice') }

describe('the app on Hono', () => {
  it('has its whole path for its base, also with parameters and other encodings', async () => {
    const app = new Hono().route('/teams', new Hono().route('/:team/tasks', tasks()))
    const created = await app.request('/teams/red%20ones/tasks', post('alice', { message: 'hi' }))
    const location = created.headers.get('location') ?? ''
    expect(location).toMatch(/^\/teams\/red%20ones\/tasks\/.{20,}$/)
    expect(await (await app.request(location, asAlice)).json()).toMatchObject({ data: { message: 'hi' } })
    const list = await app.request('/teams/red/%74asks/?limit=1', asAlice)
    expect(await list.json()).toMatchObject({ success: true, data: [{}] })
  })

  it('answers by itself, without an app around it', async () => {
    const app = tasks()
    const created = await app.request('/', post('alice', { message: 'hi' }))
    expect(created.headers.get('location')).toMatch(/^\/[^/]{20,}$/)
    expect((await app.request(created.headers.get('location') ?? '', asAlice)).status).toBe(200)
  })

  it.each(['json', 'text', 'arrayBuffer', 'blob'] as const)(
    'takes the body that a middleware has read by req.%s()',
    async (kind) => {
      const app = new Hono()
      app.use(async (context, next) => {
        await context.req[kind]().catch(() => null)
        await next()
      })
      app.route('/api/tasks', tasks())
      expect((await app.request('/api/tasks', post('alice', { message: 'hi' }))).status).toBe(202)
      const bad = await app.request('/api/tasks', { method: 'POST', headers: headersOf('bob'), body: '{' })
      expect(bad.status).toBe(400)
      expect(await bad.json()).toMatchObject({ code: 'invalid_json' })
    },
  )

  it('says so when a middleware has read the body and kept nothing', async () => {
    const app = new Hono()
    app.use(async (context, next) => {
      await context.req.raw.text()
      await next()
    })
    app.route('/api/tasks', tasks())
    expect((await app.request('/api/tasks', post('alice', { message: 'hi' }))).status).toBe(500)
    expect(failures[0]).toMatchObject({ message: expect.stringContaining('the body was read before') })
  })

  it('gives Hono’s context to authenticate, with what middlewares have put on it', async () => {
    const app = new Hono<{ Variables: { user: string } }>()
    app.use(async (context, next) => {
      context.set('user', 'alice')
      await next()
    })
    const fromContext = ({ raw }: AuthenticateRequest) => {
      const context = raw as Context<{ Variables: { user: string } }>
      return { userId: context.get('user'), via: 'token' } as const
    }
    app.route('/api/tasks', tasks({ authenticate: fromContext }))
    const headers = { 'content-type': 'application/json' }
    const created = await app.request('/api/tasks', { method: 'POST', headers, body: '{"message":"hi"}' })
    expect(created.status).toBe(202)
  })

  it('says at once that a manager is missing', () => {
    expect(() => createTaskApp(undefined as never, { authenticate })).toThrow(/need a TaskManager/)
  })
})
