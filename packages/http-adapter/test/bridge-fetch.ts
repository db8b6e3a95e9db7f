import type { IncomingMessage, ServerResponse } from 'node:http'

/** A listener that hands requests to a `fetch` handler, as servers for web frameworks do. */
export function bridgeFetch(
  handle: (request: Request) => Promise<Response>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (incoming, outgoing) => {
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    answer(incoming, outgoing, gone.signal).catch((error) => outgoing.destroy(error))
  }

  async function answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { method = 'GET', url = '/', headers, headersDistinct } = incoming
    const pairs = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    )
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    const body = hasBody ? ReadableStream.from(chunksOf(incoming)) : null
    const init = { method, headers: pairs, body, signal, duplex: 'half' } as RequestInit
    const response = await handle(new Request(`http://${headers.host}${url}`, init))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.flushHeaders()
    if (response.body === null) {
      outgoing.end()
      return
    }
    const reader = response.body.getReader()
    signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      outgoing.write(value)
    }
    outgoing.end()
  }
}

async function* chunksOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    // The answer goes through the same socket, whether the body is wanted or not.
    yield* incoming.iterator({ destroyOnReturn: false })
  } finally {
    incoming.resume()
  }
}
