import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { TaskManager } from '@outlast/core'
import { createNodeListener, type NodeListener, type NodeRequest } from '@outlast/http-adapter/node'
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
