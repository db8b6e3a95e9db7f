// Asks a server for the same page over and over: `node lib/hammer.mjs PORT PATH MILLISECONDS WARM_UP_ANSWERS`. After so
// many answers it says `{"warm":true}`, and in the end how many it has got since, and its CPU time: one line of JSON each.
import { writeSync } from 'node:fs'
import { connect } from 'node:net'
import { argv, cpuUsage, exit } from 'node:process'

const connections = 32
const [port = '', path = '', measureMs = '', warmUpAnswers = ''] = argv.slice(2)
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
const endOfHead = '\r\n\r\n'
const lengthName = 'content-length: '
const chunks = new Uint8Array(65_536)
let answers = 0
let onWarm = () => {}
/** @type {Promise<void>} */
const warm = new Promise((resolve) => {
  onWarm = resolve
})

for (let number = 0; number < connections; number++) open()
stayAwake()
await warm
answers = 0
const began = performance.now()
say({ warm: true })
await wait(Number(measureMs))
const { user, system } = cpuUsage()
say({ answers, ms: performance.now() - began, spentMicros: user + system })
exit(0)

/**
 * Never waits for an answer: a process that sleeps has to be woken by the server's writes, and a slower server, which
 * lets it sleep more often, would pay for that on top.
 */
function stayAwake() {
  setImmediate(stayAwake)
}

/** Sends the next request when the last answer is whole. */
function open() {
  /** Bytes of the answer that have not come yet. */
  let missing = 0
  const socket = connect({
    port: Number(port),
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      // One for all: each chunk is looked at and forgotten.
      buffer: chunks,
      callback(length) {
        missing = missing > 0 ? missing - length : lengthOf(chunks, length) - length
        if (missing < 0) throw new Error('The server sent more than it was asked for.')
        if (missing === 0) {
          if (++answers === Number(warmUpAnswers)) onWarm()
          socket.write(request)
        }
        return true
      },
    },
  })
  socket.on('close', () => {
    throw new Error('The server has closed a connection.')
  })
  socket.write(request)
}

/** @param {Uint8Array} bytes @param {number} length Bytes of the answer that begins there. */
function lengthOf(bytes, length) {
  const text = Buffer.from(bytes.buffer, 0, Math.min(length, 1_024)).toString('latin1')
  const headEnd = text.indexOf(endOfHead)
  const head = text.slice(0, headEnd).toLowerCase()
  const from = head.indexOf(lengthName)
  if (headEnd === -1 || from === -1 || !head.startsWith('http/1.1 200')) throw new Error(`No answer: ${head}`)
  return headEnd + endOfHead.length + Number.parseInt(head.slice(from + lengthName.length), 10)
}

/** @param {number} ms */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** @param {unknown} message */
function say(message) {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
