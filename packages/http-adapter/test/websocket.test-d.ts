import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { TaskManager } from '@outlast/core'
import { createPushHub, type PushHub, type TaskHandlerOptions } from '@outlast/core/http'
import {
  attachTaskWebSocket,
  type TaskWebSocket,
  type TaskWebSocketOptions,
} from '@outlast/http-adapter/websocket'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })

test('the WebSocket is attached to a server of node:http or node:https, with the options of a handler', () => {
  const authenticate = () => null
  const attached = attachTaskWebSocket(createServer(), manager, { authenticate, tokenInQuery: true })
  expectTypeOf(attached).toEqualTypeOf<TaskWebSocket>()
  expectTypeOf(attached.close).toEqualTypeOf<() => void>()
  attachTaskWebSocket(createSecureServer(), manager, { authenticate, basePath: '/jobs' })
  expectTypeOf<TaskHandlerOptions>().toExtend<TaskWebSocketOptions>()
})

test('a hub may stand where its limits may', () => {
  const hub = createPushHub(manager, { batchMs: 16 })
  expectTypeOf(hub).toEqualTypeOf<PushHub>()
  attachTaskWebSocket(createServer(), manager, { authenticate: () => null, push: hub })
  attachTaskWebSocket(createServer(), manager, { authenticate: () => null, push: { pingMs: 10_000 } })
  // @ts-expect-error a time is a number
  createPushHub(manager, { pingMs: '10s' })
})

test('it needs to know who is asking', () => {
  // @ts-expect-error everybody would be let in
  attachTaskWebSocket(createServer(), manager, {})
})
