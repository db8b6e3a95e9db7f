import type { IncomingMessage, ServerResponse } from 'node:http'
import { TaskManager } from '@outlast/core'
import type { Authenticate } from '@outlast/core/http'
import {
  createTaskRouter,
  type ExpressErrorHandler,
  type ExpressHandler,
  type ExpressNext,
  type ExpressRequest,
} from '@outlast/http-adapter/express'
import express5 from 'express'
import express4 from 'express4'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })
const authenticate: Authenticate = () => null
const routes = createTaskRouter(manager, { authenticate })

test('the router is a handler and a handler of errors', () => {
  expectTypeOf(routes).toEqualTypeOf<[ExpressHandler, ExpressErrorHandler]>()
  expectTypeOf<ExpressHandler>().parameters.toEqualTypeOf<[ExpressRequest, ServerResponse, ExpressNext]>()
  expectTypeOf<ExpressErrorHandler>().parameters.toEqualTypeOf<
    [unknown, ExpressRequest, ServerResponse, ExpressNext]
  >()
})

test('Express mounts it on applications and on routers, with and without a path', () => {
  const app = express5()
  app.use('/api/tasks', routes)
  app.use(routes)
  app.use('/api/tasks', ...routes)
  app.use('/api/tasks', express5.json(), routes)
  express5.Router().use('/jobs', routes)
  const former = express4()
  former.use('/api/tasks', routes)
  former.use(express4.json(), routes)
  express4.Router().use('/jobs', routes)
})

test('requests and answers of Express are those that the handlers take', () => {
  expectTypeOf<express5.Request>().toExtend<ExpressRequest>()
  expectTypeOf<express5.Response>().toExtend<ServerResponse>()
  expectTypeOf<express5.NextFunction>().toExtend<ExpressNext>()
  // A plain request does not know its mount path.
  expectTypeOf<IncomingMessage>().not.toExtend<ExpressRequest>()
})

test('the mount path is the base path, so there is no other to give', () => {
  createTaskRouter(manager, { authenticate, allowedOrigins: [], limits: { maxWaitMs: 1 }, secret: 's' })
  // @ts-expect-error the path stands in `app.use`
  createTaskRouter(manager, { authenticate, basePath: '/api/tasks' })
  // @ts-expect-error everybody would be let in
  createTaskRouter(manager, {})
  // @ts-expect-error the manager comes first
  createTaskRouter({ authenticate })
})
