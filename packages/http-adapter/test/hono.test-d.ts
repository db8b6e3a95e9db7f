import { TaskManager } from '@outlast/core'
import type { Authenticate } from '@outlast/core/http'
import { createTaskApp } from '@outlast/http-adapter/hono'
import { Hono } from 'hono'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })
const authenticate: Authenticate = () => null

test('it is an app of Hono, for apps with types of their own too', () => {
  const tasks = createTaskApp(manager, { authenticate })
  expectTypeOf(tasks).toEqualTypeOf<Hono>()
  new Hono().route('/api/tasks', tasks)
  new Hono<{ Variables: { user: string }; Bindings: { KEY: string } }>().route('/api/tasks', tasks)
  expectTypeOf(tasks.fetch).toBeCallableWith(new Request('http://localhost/'))
})

test('the path that it is mounted at is the base path, so there is no other to give', () => {
  createTaskApp(manager, { authenticate, allowedOrigins: [], limits: { maxWaitMs: 1 }, secret: 's' })
  // @ts-expect-error the path stands in `app.route`
  createTaskApp(manager, { authenticate, basePath: '/api/tasks' })
  // @ts-expect-error everybody would be let in
  createTaskApp(manager, {})
  // @ts-expect-error the manager comes first
  createTaskApp({ authenticate })
})
