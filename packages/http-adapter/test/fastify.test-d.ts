import { TaskManager } from '@outlast/core'
import type { Authenticate } from '@outlast/core/http'
import {
  type FastifyTaskReply,
  type FastifyTaskRequest,
  type FastifyTaskScope,
  type TaskPluginOptions,
  taskPlugin,
} from '@outlast/http-adapter/fastify'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })
const authenticate: Authenticate = () => null

test('Fastify registers it, with a prefix and the options of a handler', () => {
  const app = fastify()
  app.register(taskPlugin, { prefix: '/api/tasks', manager, authenticate })
  app.register(taskPlugin, {
    manager,
    authenticate,
    limits: { maxWaitMs: 1 },
    allowedOrigins: [],
    secret: 's',
  })
  app.register(async (scope) => {
    await scope.register(taskPlugin, { prefix: '/jobs', manager, authenticate })
  })
  fastify({ logger: true }).register(taskPlugin, { prefix: '/api/tasks', manager, authenticate })
  // @ts-expect-error the prefix is the base path
  app.register(taskPlugin, { prefix: '/api/tasks', manager, authenticate, basePath: '/api/tasks' })
  // @ts-expect-error everybody would be let in
  app.register(taskPlugin, { prefix: '/api/tasks', manager })
  // @ts-expect-error whose tasks would these be?
  app.register(taskPlugin, { prefix: '/api/tasks', authenticate })
})

test('what it needs of Fastify is what Fastify has', () => {
  expectTypeOf<FastifyInstance>().toExtend<FastifyTaskScope>()
  expectTypeOf<FastifyRequest>().toExtend<FastifyTaskRequest>()
  expectTypeOf<FastifyReply>().toExtend<FastifyTaskReply>()
  expectTypeOf(taskPlugin).parameters.toEqualTypeOf<[FastifyTaskScope, TaskPluginOptions]>()
  expectTypeOf(taskPlugin).returns.resolves.toBeVoid()
})
