import { TaskError, TaskManager } from '@outlast/core'
import {
  type Authenticate,
  type AuthenticateRequest,
  type AuthorizeAdmin,
  createTaskHandler,
  errorResponse,
  type Identity,
  isBelow,
  type RateLimit,
  type RateLimiter,
  type RequestBody,
  type RequestHeaders,
  type RoutedManager,
  type TaskHandler,
  type TaskRequest,
  type TaskResponse,
  toTaskInfo,
  type Viewer,
} from '@outlast/core/http'
import type { TaskInfo } from '@outlast/core/protocol'
import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })

test('authenticate answers an identity, or nobody, now or later', () => {
  createTaskHandler(manager, {
    authenticate(request) {
      expectTypeOf(request).toEqualTypeOf<AuthenticateRequest>()
      expectTypeOf(request.headers.get('cookie')).toEqualTypeOf<string | null>()
      expectTypeOf(request.raw).toEqualTypeOf<unknown>()
      return null
    },
  })
  createTaskHandler(manager, { authenticate: () => undefined })
  createTaskHandler(manager, { authenticate: () => ({ userId: 'u1', via: 'cookie' }) })
  createTaskHandler(manager, {
    authenticate: async () => {
      const user = {} as { id: string } | null
      return user && { userId: user.id, workspaceId: undefined, session: {}, via: 'token' }
    },
  })
  expectTypeOf<ReturnType<Authenticate>>().toEqualTypeOf<
    Identity | null | undefined | PromiseLike<Identity | null | undefined>
  >()
  expectTypeOf<Identity['via']>().toEqualTypeOf<'cookie' | 'token'>()
  // @ts-expect-error an identity is somebody's
  createTaskHandler(manager, { authenticate: () => ({ via: 'cookie' }) })
  // @ts-expect-error without `via` nobody knows whether the origin counts
  createTaskHandler(manager, { authenticate: () => ({ userId: 'u1' }) })
  // @ts-expect-error no such proof
  createTaskHandler(manager, { authenticate: () => ({ userId: 'u1', via: 'header' }) })
  // @ts-expect-error a boolean names nobody
  createTaskHandler(manager, { authenticate: () => true })
  // @ts-expect-error everybody would be let in
  createTaskHandler(manager, {})
})

test('the other options have defaults', () => {
  const handler = createTaskHandler(manager, {
    authenticate: () => null,
    basePath: '/jobs',
    allowedOrigins: ['https://app.example.com'],
    secret: 'secret',
    limits: { maxBodyBytes: 1, maxJsonDepth: 1, maxWaitMs: 1, maxListLimit: 1 },
    onError(error, { stage }) {
      expectTypeOf(error).toEqualTypeOf<unknown>()
      expectTypeOf(stage).toEqualTypeOf<'http'>()
    },
  })
  expectTypeOf(handler).toEqualTypeOf<TaskHandler>()
  // @ts-expect-error no such limit
  createTaskHandler(manager, { authenticate: () => null, limits: { maxBody: 1 } })
})

test('a handler speaks fetch, and a neutral form for adapters', () => {
  const handler = {} as TaskHandler
  expectTypeOf(handler.fetch).toEqualTypeOf<(request: Request) => Promise<Response>>()
  expectTypeOf(handler.handle).toEqualTypeOf<(request: TaskRequest) => Promise<TaskResponse>>()
  expectTypeOf(handler.refuse).toEqualTypeOf<(error: unknown) => TaskResponse>()
  expectTypeOf<Headers>().toExtend<RequestHeaders>()
  const bodies: Record<RequestBody['type'], true> = {
    none: true,
    stream: true,
    bytes: true,
    text: true,
    value: true,
  }
  void bodies
  expectTypeOf<string | Uint8Array<ArrayBuffer> | null>().toExtend<TaskResponse['body']>()
})

test('the routes need only a part of a manager', () => {
  expectTypeOf<TaskManager>().toExtend<RoutedManager>()
  expectTypeOf<RoutedManager>().toEqualTypeOf<Pick<TaskManager, keyof RoutedManager>>()
  // @ts-expect-error a store is no manager
  createTaskHandler({ get: async () => null }, { authenticate: () => null })
})

test('the pieces of an adapter fit together', () => {
  const error = new TaskError('route_not_found', 'Nothing here.')
  expectTypeOf(errorResponse(error, { allow: 'GET' })).toEqualTypeOf<TaskResponse>()
  expectTypeOf(isBelow('/api/tasks', '/api/tasks/1')).toEqualTypeOf<boolean>()
  expectTypeOf(toTaskInfo).returns.toEqualTypeOf<TaskInfo>()
})

test('a limiter of rate-limiter-flexible is one, and so is anything that consumes', () => {
  expectTypeOf<RateLimiterAbstract>().toExtend<RateLimiter>()
  const reads = new RateLimiterMemory({ points: 1, duration: 1 })
  createTaskHandler(manager, {
    authenticate: () => null,
    rateLimit: {
      reads,
      writes: { consume: async () => {} },
      keyOf({ viewer, raw }) {
        expectTypeOf(viewer).toEqualTypeOf<Viewer>()
        expectTypeOf(raw).toEqualTypeOf<unknown>()
        return null
      },
    },
  })
  const misspelt = { read: reads }
  // @ts-expect-error no such limiter
  const rateLimit: RateLimit = misspelt
  void rateLimit
})

test('an admin is authorized by the request and the viewer', () => {
  const authorizeAdmin: AuthorizeAdmin = async ({ headers, url, viewer }) =>
    headers.get('x-admin') === url && viewer.workspaceId === 'staff'
  createTaskHandler(manager, { authenticate: () => null, authorizeAdmin })
  // @ts-expect-error a name is no answer
  createTaskHandler(manager, { authenticate: () => null, authorizeAdmin: () => 'admin' })
})
