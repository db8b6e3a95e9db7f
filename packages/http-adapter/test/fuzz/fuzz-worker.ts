import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineTask, TaskManager } from '@outlast/core'
import {
  createTaskHandler,
  type PushSink,
  type RequestBody,
  type SocketSink,
  type TaskRequest,
  wholeBody,
} from '@outlast/core/http'
import { socketCloseCodes } from '@outlast/core/protocol'
import { responseSchemas } from '@outlast/core/schemas'
import fc from 'fast-check'
import * as z from 'zod'
import { arbitrarySocket, type FuzzSocket } from './arbitrary-frames.ts'
import { arbitraryRequest, type FuzzBody, type FuzzRequest } from './arbitrary-request.ts'

/** What the worker says when it is done. */
export interface FuzzReport {
  statuses: Record<string, number>
  /** What sockets were sent, by `op`, and how they were closed, by code. */
  socketAnswers: Record<string, number>
  /** Failures of the server, rejections and exceptions that nobody took. */
  failures: string[]
  /** The shrunk request that was answered wrongly, and how; `null` when there was none. */
  counterexample: string | null
  /** Bytes of heap that stayed, after everything was deleted. */
  heapGrowth: number
  stillAnswers: boolean
}

/** Runs before the heap is measured, so that caches and compiled code are in it. */
const warmUpRuns = 2_000

const expected = new Set([200, 202, 204, 304, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429])

const definition = (type: string) =>
  defineTask({
    type,
    input: z.strictObject({ message: z.string() }),
    scope: () => null,
    summary: ({ message }) => ({ message }),
    async run({ input, emit, signal, tool, waitForInput }) {
      emit('text_chunk', { content: input.message })
      if (input.message === 'throw') throw new Error('thrown')
      if (input.message === 'ask') await waitForInput({ id: 'q', prompt: 'Well?', schema: z.string() })
      if (input.message === 'tool') await tool({ id: 't', name: 'sleep', input: {} }, fired)
      if (input.message === 'wait') await fired(signal)
      return input
    },
  })

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

const failures: string[] = []
const note = (error: unknown): void => {
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
}
process.on('unhandledRejection', note)
process.on('uncaughtException', note)

const manager = new TaskManager({
  tasks: [definition('work'), definition('other')],
  concurrency: 50,
  limits: { reconnectGraceMs: 1, toolGraceMs: 1, runGraceMs: 1 },
  onError: note,
})
const handler = createTaskHandler(manager, {
  authenticate: ({ headers }) => {
    const bearer = headers.get('authorization')?.replace('Bearer ', '') ?? null
    const [token, cookie] = [headers.get('x-user') ?? bearer, headers.get('cookie')]
    const userId = token ?? cookie
    return userId === null || userId === '' || userId === 'bad'
      ? null
      : { userId, via: token === null ? 'cookie' : 'token' }
  },
  limits: { maxWaitMs: 2, maxActivePerUser: 20, maxBodyBytes: 4_096, maxJsonKeys: 50 },
  authorizeAdmin: ({ viewer }) => viewer.userId === 'bob',
  onError: note,
})

/** The newest tasks of each user; requests name them by number. */
const ids: string[] = []
const created = new Set<string>()
const statuses: Record<string, number> = {}
const socketAnswers: Record<string, number> = {}

async function send({ method, url: template, headers: given, body }: FuzzRequest): Promise<void> {
  const gone = new AbortController()
  const withTasks = withIds(template)
  const named = await manager.get(withTasks.split(/[/?]/)[1] ?? '')
  const end = named === null ? 'none' : `${named.epoch}.${named.nextIdx - 1}`
  const offset = named === null ? 'none' : `${String(named.nextIdx).padStart(16, '0')}_${named.epoch}`
  const url = withTasks.replaceAll('%7Boffset%7D', offset)
  const headers: Readonly<Record<string, string>> =
    given['last-event-id'] === '{end}' ? { ...given, 'last-event-id': end } : given
  const request: TaskRequest = {
    method,
    url,
    basePath: '/api/tasks',
    host: 'tasks.test',
    headers: { get: (name) => (Object.hasOwn(headers, name) ? (headers[name] ?? null) : null) },
    body: bodyOf(body),
    signal: gone.signal,
    raw: null,
  }
  const answer = await handler.handle(request)
  statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
  if (!expected.has(answer.status)) throw new Error(`answered ${answer.status}: ${String(answer.body)}`)
  // Throws for a name or a value that is none.
  new Headers(answer.headers)
  const answered = wholeBody(answer.body)
  if (answered === null) return
  if (typeof answered !== 'string' && !(answered instanceof Uint8Array)) {
    answered.open(silentSink)
    answered.onClose()
    return
  }
  const json: unknown = JSON.parse(typeof answered === 'string' ? answered : Buffer.from(answered).toString())
  if (answer.status >= 400) responseSchemas.ErrorBody.parse(json)
  const taskId = (json as { data?: { task_id?: string } }).data?.task_id
  if (method === 'DELETE' && answer.status === 200) {
    const at = ids.indexOf(taskId ?? '')
    if (at !== -1) ids.splice(at, 1)
  }
  if (method === 'POST' && answer.status === 202 && taskId !== undefined) {
    created.add(taskId)
    ids.unshift(taskId)
    ids.length = Math.min(ids.length, 8)
  }
}

function withIds(template: string): string {
  return template.replaceAll(/\{(\d)\}/g, (_, index: string) => ids[Number(index) % ids.length] ?? 'none')
}

const silentSink: PushSink = { pending: 0, needsDrain: false, send() {}, beat() {}, end() {}, destroy() {} }

function bodyOf({ form, value, bytes, cut }: FuzzBody): RequestBody {
  const text = withIds(JSON.stringify(value))
  const sent = bytes.length > 0 ? bytes : Buffer.from(text)
  switch (form) {
    case 'none':
      return { type: 'none' }
    case 'bytes':
      return { type: 'bytes', bytes: sent }
    case 'text':
      return { type: 'text', text: Buffer.from(sent).toString() }
    case 'value':
      return { type: 'value', value: JSON.parse(text) }
    case 'stream':
      return { type: 'stream', chunks: chunksOf(sent, cut) }
  }
}

/** A socket whose every message is read, and which is never sent anything after it was closed. */
class CheckingSink implements SocketSink {
  readonly pending = 0
  readonly needsDrain = false
  fault: string | null = null
  #isClosed = false

  send(text: Uint8Array): void {
    if (this.#isClosed) this.fault = `was sent after it was closed: ${text}`
    const { op } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as { op: string }
    countSocketAnswer(op)
  }

  sendFrame(frame: Parameters<SocketSink['sendFrame']>[0]): void {
    this.send(frame.bytes('socket'))
  }

  ping(): void {}

  close(code: number, reason: string): void {
    if (this.#isClosed) this.fault = `was closed twice, with ${code} ${reason}`
    if (!Object.values<number>(socketCloseCodes).includes(code)) this.fault = `was closed with ${code}`
    if (code === socketCloseCodes.failed) this.fault = `the server failed: ${reason}`
    this.#isClosed = true
    countSocketAnswer(String(code))
  }
}

function countSocketAnswer(kind: string): void {
  socketAnswers[kind] = (socketAnswers[kind] ?? 0) + 1
}

async function talk({ headers, token, messages }: FuzzSocket): Promise<void> {
  const given = new Map(Object.entries(headers))
  const sink = new CheckingSink()
  const session = handler.openSocket(
    {
      url: '/ws',
      basePath: '/api/tasks',
      host: 'tasks.test',
      headers: { get: (name) => given.get(name) ?? null },
      raw: null,
      token,
    },
    sink,
  )
  for (const [at, message] of messages.entries()) {
    session.receive('bytes' in message ? message.bytes : Buffer.from(withIds(message.text)))
    // Some messages come together.
    if (at % 3 === 0) await nextTurn()
  }
  await nextTurn()
  session.onPong()
  session.onDrain()
  session.onClose()
  if (sink.fault !== null) throw new Error(`the socket ${sink.fault}`)
}

async function* chunksOf(bytes: Uint8Array, cut: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, cut)
  yield bytes.subarray(cut)
}

/** Sends requests, and in between opens a socket for every tenth of them. */
async function run(numRuns: number, seed: number): Promise<string | null> {
  const sockets = Math.ceil(numRuns / 10)
  const half = Math.ceil(numRuns / 2)
  return (
    (await check(fc.asyncProperty(arbitraryRequest, send), half, seed)) ??
    (await check(fc.asyncProperty(arbitrarySocket, talk), sockets, seed)) ??
    (await check(fc.asyncProperty(arbitraryRequest, send), numRuns - half, seed + 2))
  )
}

async function check<Value>(
  property: fc.IAsyncProperty<[Value]>,
  numRuns: number,
  seed: number,
): Promise<string | null> {
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns, seed })
  if (!failed) return null
  return `${JSON.stringify(counterexample)}\n${errorInstance instanceof Error ? errorInstance.stack : errorInstance}`
}

/** Ends and deletes every task, and measures what is left. */
async function cleanHeap(): Promise<number> {
  for (const id of created) {
    await manager.cancel(id, { actor: 'fuzz' }).catch(() => null)
    while ((await manager.get(id))?.finishedAt === null) await nextTurn()
    if ((await manager.get(id)) !== null) await manager.delete(id)
  }
  created.clear()
  ids.length = 0
  for (let pass = 0; pass < 3; pass++) {
    await nextTurn()
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

async function answersStill(): Promise<boolean> {
  const task = await manager.create({ type: 'work', userId: 'last', input: { message: 'quick' } })
  await task.finished()
  const request = new Request(`http://tasks.test/api/tasks/${task.id}`, { headers: { 'x-user': 'last' } })
  const answer = (await (await handler.fetch(request)).json()) as { data?: { status?: string } }
  return answer.data?.status === 'succeeded' && !('polluted' in {})
}

const [runs = 10_000, seed = 1] = process.argv.slice(2).map(Number)
const warmUp = await run(warmUpRuns, seed + 1)
const before = await cleanHeap()
const counterexample = warmUp ?? (await run(runs, seed))
const report: FuzzReport = {
  statuses,
  socketAnswers,
  failures,
  counterexample,
  heapGrowth: (await cleanHeap()) - before,
  stillAnswers: await answersStill(),
}
await manager.close({ drainMs: 0 })
process.send?.(report, () => process.disconnect())
