import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineTask, TaskManager } from '@outlast/core'
import { z } from 'zod'
import { basePath, mounts, sameBytes } from '../contenders/read-servers.mjs'
import { runHammer } from '../lib/run-hammer.mjs'
import { textScript } from '../lib/scripts.mjs'

const events = 1_000

/** How many events behind the tail a reader asks. */
const behind = { poll: 0, page: 100 }

/** @typedef {keyof typeof behind} Shape */

const groups = { poll: 'a poll with no news', page: `a page of ${behind.page} events` }

/** Of the names of `mounts`; what stands beside them in `sameBytes` is the limit. */
const rows = [
  { mount: 'node', title: '`createNodeListener`', limit: 'node', least: 0.85 },
  { mount: 'attached', title: '`attachTasks` before Express 5', limit: 'node', least: 0.85 },
  { mount: 'express', title: '`createTaskRouter` on Express 5', limit: 'express', least: 0.9 },
  { mount: 'fastify', title: '`taskPlugin` on Fastify 5', limit: 'fastify', least: 0.9 },
  { mount: 'hono', title: '`createTaskApp` on Hono 4', limit: 'hono', least: 0.9 },
]

const limitTitles = { node: 'bare `node:http`', express: 'Express 5', fastify: 'Fastify 5', hono: 'Hono 4' }

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Reading over HTTP',
  about: `A running task in memory has ${events.toLocaleString('en')} stored events, and 32 connections that stay open ask for it again and again. Who asks never sleeps, so that no server pays for waking it. "The same bytes" is the
same status, headers and body from the server alone, made beforehand and sent as that server's users send them: bare
\`node:http\` writes a head and a \`Buffer\`, a framework a text through its own reply. The last row holds \`attachTasks\`
against \`createTaskRouter\`, which answer the same to a page of the same application.`,
  columns: [
    { title: 'requests/s', of: 'requestsPerSecond', kind: 'number' },
    { title: 'CPU µs/request', of: 'cpuMicros', kind: 'number' },
    { title: 'CPU × the same bytes', of: 'cpuMicros', kind: 'ratio' },
  ],
  ratio: { title: 'requests/s × the same bytes', of: 'requestsPerSecond', goal: { least: 0.85 } },
  prepare: (directory) => recordAnswers(directory),
  cases: (quick) => /** @type {Shape[]} */ (['poll', 'page']).flatMap((shape) => casesOf(shape, quick)),
}

/** @param {Shape} shape @param {boolean} quick @returns {import('../lib/workload.mjs').Case[]} */
function casesOf(shape, quick) {
  const group = groups[shape]
  const limits = Object.entries(limitTitles).map(([limit, title]) => ({
    name: `${shape}-${limit}-alone`,
    group,
    title: `${title}, the same bytes`,
    measure: (/** @type {string} */ directory) => measureLimit(limit, shape, { directory, quick }),
  }))
  const mounted = rows.map(({ mount, title, limit, least }) => ({
    name: `${shape}-${mount}`,
    group,
    title,
    against: `${shape}-${limit}-alone`,
    goal: { least },
    measure: () => measureMount(mount, shape, quick),
  }))
  const fast = {
    name: `${shape}-attached-again`,
    group,
    title: '`attachTasks`, × `createTaskRouter`',
    against: `${shape}-express`,
    goal: { least: 5 },
    measure: () => measureMount('attached', shape, quick),
  }
  return [...limits, ...mounted, fast]
}

/** @param {string} mount @param {Shape} shape @param {boolean} quick */
async function measureMount(mount, shape, quick) {
  const { manager, pathOf } = await writtenTask()
  const server = await mounts[mount]?.(manager)
  return measure(server, pathOf(shape), quick)
}

/** @param {string} limit @param {Shape} shape @param {{ directory: string, quick: boolean }} options */
async function measureLimit(limit, shape, { directory, quick }) {
  const answer = JSON.parse(readFileSync(fileOf(directory, shape), 'utf8'))
  const server = await sameBytes[limit]?.(answer)
  return measure(server, `${basePath}/task-1234567890abcde?from=${events - behind[shape]}`, quick)
}

/** @param {import('node:http').Server | undefined} server @param {string} path @param {boolean} quick */
function measure(server, path, quick) {
  return runHammer({
    port: portOf(server),
    path,
    measureMs: quick ? 400 : 1_000,
    // Not a time: a busy machine would measure code that is not compiled yet.
    warmUpAnswers: quick ? 8_000 : 60_000,
  })
}

/** Keeps what Outlast answers, for those who send the same. @param {string} directory */
async function recordAnswers(directory) {
  const { manager, pathOf } = await writtenTask()
  const server = await mounts.node?.(manager)
  for (const shape of /** @type {Shape[]} */ (['poll', 'page'])) {
    const response = await fetch(`http://127.0.0.1:${portOf(server)}${pathOf(shape)}`)
    const headers = Object.fromEntries(response.headers)
    // The server's own.
    for (const name of ['content-length', 'date', 'connection', 'keep-alive']) delete headers[name]
    writeFileSync(
      fileOf(directory, shape),
      JSON.stringify({ status: response.status, headers, body: await response.text() }),
    )
  }
}

/** A task that has written its events and still runs. */
async function writtenTask() {
  /** @type {() => void} */
  let onWritten = () => {}
  const written = new Promise((resolve) => {
    onWritten = () => resolve(undefined)
  })
  const write = defineTask({
    type: 'write',
    input: z.object({ message: z.string() }),
    async run({ emit, flush, signal }) {
      const emitAny = /** @type {(type: string, data: unknown) => boolean} */ (emit)
      for (const { type, data } of textScript(events)) emitAny(type, data)
      await flush()
      onWritten()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const manager = new TaskManager({ tasks: [write] })
  const { id } = await manager.create({ userId: 'u1', input: { message: 'Tell me a story.' } })
  await written
  const task = await manager.get(id)
  const tail = task?.nextIdx ?? 0
  return { manager, pathOf: (/** @type {Shape} */ shape) => `${basePath}/${id}?from=${tail - behind[shape]}` }
}

/** @param {string} directory @param {Shape} shape */
const fileOf = (directory, shape) => join(directory, `read-path-${shape}.json`)

/** @param {import('node:http').Server | undefined} server */
function portOf(server) {
  const address = server?.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.')
  return address.port
}
