// Watches tasks from a process of its own, in which nothing is measured but what arrives: `fork(this)`, then one message
// `{ op: 'open', … }`, `{ op: 'record' }` and `{ op: 'report' }` after the other, each of which is answered.
import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { microsNow } from './pace.mjs'

/** Microseconds from the emit to here, of every event since the last `record`. @type {number[]} */
let latencies = []
let disordered = 0

process.on('message', async (/** @type {Command} */ command) => {
  if (command.op === 'open') await openAll(command)
  else if (command.op === 'record') latencies = []
  process.send?.({ received: latencies.length, disordered, p50Micros: middleOf(latencies) })
})

/**
 * @typedef {{ op: 'open', port: number, watches: readonly Watch[] } | { op: 'record' } | { op: 'report' }} Command
 * @typedef {{ path: string, subscribe?: string }} Watch One connection: an event stream, or a WebSocket and what to say on it.
 */

/** @param {{ port: number, watches: readonly Watch[] }} command */
async function openAll({ port, watches }) {
  const atOnce = 50
  for (let from = 0; from < watches.length; from += atOnce) {
    await Promise.all(watches.slice(from, from + atOnce).map((watch) => open(port, watch)))
  }
}

/** @param {number} port @param {Watch} watch Resolves with the first bytes. */
async function open(port, { path, subscribe }) {
  const take = taker()
  if (subscribe !== undefined) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false })
    await once(socket, 'open')
    socket.on('message', (message) => {
      const { events = [] } = JSON.parse(String(message))
      for (const event of events) take(event)
    })
    socket.send(subscribe)
    await once(socket, 'message')
    return
  }
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = text.lastIndexOf('data: {"idx"', end)
      if (data !== -1) take(JSON.parse(text.slice(data + 'data: '.length, end)))
      text = text.slice(end + 2)
    }
  })
  await once(socket, 'data')
}

/** Takes one watcher's events. @returns {(event: { idx: number, data: { at?: number } }) => void} */
function taker() {
  let last = -1
  return ({ idx, data }) => {
    if (idx !== last + 1) disordered++
    last = idx
    if (data.at !== undefined) latencies.push(microsNow() - data.at)
  }
}

/** @param {readonly number[]} values */
function middleOf(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
