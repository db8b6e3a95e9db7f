import { TaskClient, type TaskClientOptions } from '@outlast/client'
import { auto, sse, websocket } from '@outlast/client/transports'
import type { PageTransport } from './page-transports.ts'

const transports: Readonly<Record<PageTransport, () => TaskClientOptions['transport']>> = {
  poll: () => 'poll',
  'long-poll': () => 'long-poll',
  sse: () => sse(),
  websocket: () => websocket(),
  auto: () => auto(),
}

/** The transport that an address asks for. */
export function transportOf(query: URLSearchParams): TaskClientOptions['transport'] {
  return transports[(query.get('transport') ?? 'poll') as PageTransport]()
}

/**
 * The client that an address asks for. `random` fixes what is drawn for a backoff; with `token=expires` every third
 * token is one that the server refuses, as one that has just run out.
 */
export function makeClient(query: URLSearchParams): TaskClient {
  const options: TaskClientOptions = { transport: transportOf(query) }
  const random = query.get('random')
  if (random !== null) options.random = () => Number(random)
  if (query.get('token') === 'expires') {
    let asked = 0
    options.headers = () => ({ authorization: ++asked % 3 === 0 ? 'Bearer expired' : 'Bearer fresh' })
  }
  return new TaskClient(options)
}
