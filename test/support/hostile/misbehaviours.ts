import type { Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Exchange } from './exchange.ts'

/** What a proxy does with one request. */
export type Misbehaviour = (exchange: Exchange) => void | Promise<void>

/** None: the answer goes through as it comes. */
export const passOn: Misbehaviour = async (exchange) => {
  const { begin, body, page } = await exchange.ask()
  begin()
  body.pipe(page)
}

/** The connection is reset; the server has never heard of the request. */
export const reset: Misbehaviour = ({ request }) => void request.socket.resetAndDestroy()

/** The server has done what it was asked to, and the connection is reset before anybody hears of it. */
export const loseAnswer: Misbehaviour = async ({ ask, request }) => {
  const { body } = await ask()
  await buffer(body)
  request.socket.resetAndDestroy()
}

/** No answer, and no end of the connection either. */
export const stall: Misbehaviour = () => {}

/** A page of HTML with the status of a gateway that has lost its server. */
export const badGateway: Misbehaviour = ({ response }) => {
  response.writeHead(502, { 'content-type': 'text/html' })
  response.end('<html><body><h1>502 Bad Gateway</h1></body></html>')
}

/** A gateway's own word that it was asked too often, or cannot serve. */
export const comeBackIn =
  (seconds: number, status: 429 | 503 = 429): Misbehaviour =>
  ({ response }) => {
    response.writeHead(status, { 'retry-after': String(seconds), 'content-type': 'text/plain' })
    response.end('Come back later.')
  }

/** Half of a body, and then a reset: its end is known to be missing. */
export const breakOff: Misbehaviour = async ({ ask, request }) => {
  const { begin, body, page } = await ask()
  const whole = await buffer(body)
  begin()
  page.write(whole.subarray(0, whole.length / 2), () => request.socket.destroy())
}

/** Half of a body that claims to be all of it: JSON that is cut, though HTTP finds no fault. */
export const cutShort: Misbehaviour = async ({ ask }) => {
  const { begin, body, page } = await ask()
  const whole = await buffer(body)
  const half = whole.subarray(0, whole.length / 2)
  begin(half.length)
  page.end(half)
}

/** Passes on the first bytes, wherever in a message that may end, and then does something else with the connection. */
const afterBytes =
  (bytes: number, finish: (exchange: Exchange, page: Writable) => void): Misbehaviour =>
  async (exchange) => {
    const { begin, body, page } = await exchange.ask()
    begin(null)
    let left = bytes
    for await (const chunk of body) {
      page.write((chunk as Buffer).subarray(0, left))
      left -= (chunk as Buffer).length
      if (left <= 0) break
    }
    finish(exchange, page)
  }

/** A body, a stream or a socket that ends cleanly behind its first bytes. */
export const endAfter = (bytes: number): Misbehaviour => afterBytes(bytes, (_, page) => page.end())

/** A body, a stream or a socket that is reset behind its first bytes. */
export const breakAfter = (bytes: number): Misbehaviour =>
  afterBytes(bytes, ({ request }) => request.socket.destroy())

/** Collects the whole answer before it gives any of it: a stream that does not end is never seen. */
export const holdBack: Misbehaviour = async ({ ask }) => {
  const { begin, body, page } = await ask()
  begin()
  page.end(await buffer(body))
}

/** The server answers at once; its answer is held until it is let go, whatever else is answered meanwhile. */
export function delayed(): { misbehave: Misbehaviour; asked: Promise<void>; release: () => void } {
  let release = (): void => {}
  let wasAsked = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve
  })
  return {
    asked,
    release,
    misbehave: async ({ ask }) => {
      const { begin, body, page } = await ask()
      wasAsked()
      await released
      begin()
      body.pipe(page)
    },
  }
}
