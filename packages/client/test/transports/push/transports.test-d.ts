import { type ClientTransport, TaskClient, type TransportInfo } from '@outlast/client'
import { auto, polling, type StepDownReason, sse, websocket } from '@outlast/client/transports'
import { expectTypeOf, test } from 'vitest'
import { WebSocket } from 'ws'

test('each of the transports is one for a client', () => {
  for (const transport of [auto(), sse(), websocket(), polling('long-poll')]) {
    expectTypeOf(transport).toEqualTypeOf<ClientTransport>()
    void new TaskClient({ transport })
  }
  void new TaskClient({ transport: 'long-poll' })
  // @ts-expect-error What pushes is imported.
  void new TaskClient({ transport: 'sse' })
})

test('a socket may be the host’s own, or that of ws', () => {
  websocket({ WebSocket })
  websocket({ WebSocket: globalThis.WebSocket })
  // @ts-expect-error No socket.
  websocket({ WebSocket: Date })
})

test('auto takes one way at least', () => {
  auto([sse(), polling('poll')])
  // @ts-expect-error None.
  auto([])
})

test('a transport of one’s own says what it is called, and may give up', () => {
  const own: ClientTransport =
    ({ client, clock, random }) =>
    (taskId, giveUp) =>
    (sink) => {
      expectTypeOf(client.read).toBeFunction()
      expectTypeOf(taskId).toEqualTypeOf<string>()
      expectTypeOf(giveUp).toEqualTypeOf<((because: StepDownReason) => void) | undefined>()
      const via: TransportInfo = { name: 'own', steppedDownBecause: null }
      return {
        start: () => void clock.schedule(() => sink.report('live', null, via), random()),
        stop: () => giveUp?.('blocked'),
        wake: () => undefined,
      }
    }
  void new TaskClient({ transport: own })
})
