import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { TaskManager } from '@outlast/core'
import {
  attachTasks,
  createNodeListener,
  type NodeListener,
  type NodeRequest,
} from '@outlast/http-adapter/node'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })

test('the listener is one of node:http', () => {
  const listener = createNodeListener(manager, { authenticate: () => null, basePath: '/jobs' })
  expectTypeOf(listener).toEqualTypeOf<NodeListener>()
  expectTypeOf(listener).toExtend<RequestListener>()
  createServer(listener)
  createServer((request, response) => listener(request, response, () => response.end()))
  expectTypeOf<NodeListener>().returns.toBeVoid()
  expectTypeOf<NodeListener>().parameters.toEqualTypeOf<
    [request: NodeRequest, response: ServerResponse, next?: ((error?: unknown) => void) | undefined]
  >()
})

test('a request may have a body that a parser read', () => {
  expectTypeOf<IncomingMessage>().toExtend<NodeRequest>()
  expectTypeOf<NodeRequest['body']>().toEqualTypeOf<unknown>()
})

test('the routes need to know who is asking', () => {
  // @ts-expect-error everybody would be let in
  createNodeListener(manager, {})
  // @ts-expect-error a path is a text
  createNodeListener(manager, { authenticate: () => null, basePath: 1 })
})

test('the routes are attached to servers of node:http and node:https, and detached', () => {
  expectTypeOf(attachTasks(createServer(), manager, { authenticate: () => null })).toEqualTypeOf<() => void>()
  attachTasks(createSecureServer(), manager, { authenticate: () => null, basePath: '/jobs' })
  // @ts-expect-error everybody would be let in
  attachTasks(createServer(), manager, {})
  // @ts-expect-error the server comes first
  attachTasks(manager, createServer(), { authenticate: () => null })
})
