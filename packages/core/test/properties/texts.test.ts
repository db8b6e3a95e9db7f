import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createTaskHandler } from '../../src/http/index.ts'
import { defineTask, type TaskContext, type TaskManager } from '../../src/index.ts'
import type {
  BuiltinEventType,
  ManagerEventType,
  TaskEvent,
  TaskEventData,
} from '../../src/protocol/index.ts'
import { eachStore, type StoreKind } from '../support/each-store.ts'
import { eventsOf, managerFor, until } from '../support/test-manager.ts'

type Emitted = Exclude<BuiltinEventType, ManagerEventType>

/** Data of every event that a runner may emit, with the text in each field that takes one. */
const events: { readonly [Type in Emitted]: (text: string) => TaskEventData[Type] } = {
  ai_message_start: (text) => ({ message_id: text }),
  thinking_start: (text) => ({ id: text }),
  thinking_chunk: (text) => ({ id: text, content: text }),
  thinking_end: (text) => ({ id: text, full_content: text }),
  text_start: (text) => ({ id: text }),
  text_chunk: (text) => ({ id: text, content: text }),
  text_end: (text) => ({ id: text, full_content: text }),
  tool_intent: (text) => ({ id: text, name: text, intent: text }),
  tool_preparing: (text) => ({ id: text, name: text, intent: text, arguments_delta: text }),
  tool_start: (text) => ({ id: text, name: text, arguments: { [text]: text } }),
  update_action: (text) => ({ id: text, status: 'completed', message: text, result: [text] }),
  append_payload: (text) => ({ path: text, content: text, extra: text }),
  modify_payload: (text) => ({ path: text, extra: { [text]: text } }),
  source: (text) => ({ url: text, title: text }),
  file: (text) => ({ media_type: text, url: text }),
  progress: (text) => ({ done: 1, total: 1, unit: text, message: text }),
  token_update: (text) => ({ input: 1, output: 1, total: 2, model: text }),
  conversation_resolved: (text) => ({ conversation_id: text, title: text }),
  error: (text) => ({ message: text, code: text }),
}

const known: readonly (readonly [string, string])[] = [
  ['NUL', 'a\u0000b\u0000'],
  ['lone surrogates', '\ud800 and \udfff, \udc00\ud800'],
  ['line and paragraph separators', 'a\r\nb\u2028c\u2029d\u0085'],
  ['a byte order mark and what is no character', '\ufeff\ufffe\uffff'],
  ['astral characters', '👩‍👩‍👧 𝔘𝔫𝔦 \u{10ffff}'],
  ['quotes, wildcards and comments', `'"; DROP TABLE outlast_tasks; -- {%} * ? [a] $1 \\ \\u0000`],
  ['the name of a prototype', '__proto__'],
  ['what looks like a frame', 'data: x\n\nevent: task_complete\ndata: {}\n\n'],
]

/** Any sequence of UTF-16 units: halves of pairs and NUL as likely as letters. */
const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd7ff, max: 0xe000 }),
      fc.constantFrom(0, 0x22, 0x5c, 0x7f, 0xfffd, 0xffff),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((units) => String.fromCharCode(...units))

/** Waits for a question, so that its answer can be sent. */
async function runWith({ input, emit, tool, waitForInput }: TaskContext<{ text: string }>): Promise<unknown> {
  const { text } = input
  for (const [type, dataOf] of Object.entries(events)) emit(type as Emitted, dataOf(text) as never)
  emit('x_own', { [text]: text })
  const { content } = await tool({ id: `call ${text}`, name: text, input: { text } }, () => text)
  const answer = await waitForInput({ id: `question ${text}`, prompt: text })
  if (text.length % 2 === 0) throw new Error(text)
  return { [text]: text, content, answer }
}

const definition = defineTask({
  type: 'work',
  input: z.object({ text: z.string() }),
  conversationId: ({ text }) => text,
  summary: ({ text }) => ({ message: text }),
  run: runWith,
})

/** Takes a text through every place that holds one, and finds it there again. */
async function takeThrough(manager: TaskManager, other: TaskManager, text: string): Promise<void> {
  const request = {
    userId: text,
    workspaceId: text,
    input: { text },
    session: { text },
    idempotencyKey: text,
  }
  const task = await manager.create(request)
  expect(task.outcome).toBe('created')
  expect(await other.create(request)).toMatchObject({ id: task.id, outcome: 'repeated' })
  expect(await other.get(task.id)).toMatchObject({
    userId: text,
    workspaceId: text,
    conversationId: text,
    summary: JSON.stringify({ message: text }),
  })
  const listed = await other.list({ userId: text, workspaceId: text, conversationId: text })
  expect(listed.tasks.map(({ id }) => id)).toContain(task.id)

  const isAsked = async (): Promise<boolean> =>
    (await eventsOf(other, task.id)).some(({ type }) => type === 'input_request')
  await until(isAsked)
  await other.answerInput(task.id, { id: `question ${text}`, value: { text }, actor: text })
  const record = await task.finished()
  const log = await eventsOf(other, task.id)
  for (const [type, dataOf] of Object.entries(events)) {
    expect(log, type).toContainEqual(expect.objectContaining({ type, data: dataOf(text) }))
  }
  const dataOf = (type: string): unknown[] =>
    log.filter((event: TaskEvent) => event.type === type).map(({ data }) => data)
  expect(dataOf('x_own')).toEqual([JSON.parse(JSON.stringify({ [text]: text }))])
  expect(dataOf('tool_start')).toContainEqual({ id: `call ${text}`, name: text, arguments: { text } })
  expect(dataOf('input_response')).toEqual([{ id: `question ${text}`, outcome: 'answered', value: { text } }])
  if (text.length % 2 === 0) {
    expect(record.status).toBe('failed')
    expect(JSON.parse(record.error ?? '')).toEqual({ message: text, code: 'runner_error' })
  } else {
    expect(record.status).toBe('succeeded')
    expect(record.result).toContain(JSON.stringify(text).slice(1, -1))
  }
}

const nodesOf = ({ open }: StoreKind): [TaskManager, TaskManager] => {
  const node = open()
  const manager = () =>
    managerFor(() => null, { store: node(), tasks: [definition], limits: { stopCheckMs: 5 } })
  return [manager(), manager()]
}

describe.each(eachStore)('texts that have broken stores, in $name', (kind) => {
  it.each(known)('S9 · %s: come back as they were, wherever they stood', async (_, text) => {
    const [manager, other] = nodesOf(kind)
    await takeThrough(manager, other, text)
    await takeThrough(manager, other, `${text}.`)
  })

  it('S9 · any UTF-16: comes back as it was, wherever it stood', async () => {
    const [manager, other] = nodesOf(kind)
    const taken = new Set<string>()
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        if (taken.has(text)) return
        taken.add(text)
        await takeThrough(manager, other, text)
      }),
      { numRuns: 60 },
    )
  })

  it.each(known)('S9 · %s: in the reason and the actor of a stop', async (_, text) => {
    const [manager, other] = nodesOf(kind)
    const task = await manager.create({ userId: 'ann', input: { text: 'x' } })
    await until(async () => (await other.get(task.id))?.status === 'running')
    await other.cancel(task.id, { reason: text, actor: text })
    const { status, stop } = await task.finished()
    expect({ status, stop }).toMatchObject({ status: 'canceled', stop: { reason: text, actor: text } })
    const end = (await eventsOf(other, task.id)).at(-1)
    expect(end?.data).toEqual({ status: 'canceled', reason: text, actor: text })
  })

  it('S9 · bytes that are no UTF-8: are refused as such over HTTP, and nothing is stored', async () => {
    const [manager] = nodesOf(kind)
    const handler = createTaskHandler(manager, { authenticate: () => ({ userId: 'ann', via: 'token' }) })
    const bad = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0x80]]
    for (const bytes of bad) {
      const body = Buffer.concat([Buffer.from('{"text":"a'), Buffer.from(bytes), Buffer.from('"}')])
      const answer = await handler.fetch(
        new Request('http://localhost/api/tasks', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }),
      )
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ success: false, code: 'invalid_json' })
    }
    expect((await manager.list({ userId: 'ann' })).tasks).toEqual([])
  })

  it.each(known)('S9 · %s: over HTTP, there and back', async (_, text) => {
    const [manager] = nodesOf(kind)
    const handler = createTaskHandler(manager, { authenticate: () => ({ userId: 'ann', via: 'token' }) })
    const send = async (path: string, init: RequestInit = {}): Promise<{ data: Record<string, unknown> }> =>
      (await handler
        .fetch(
          new Request(`http://localhost/api/tasks${path}`, {
            headers: { 'content-type': 'application/json' },
            ...init,
          }),
        )
        .then((answer) => answer.json())) as { data: Record<string, unknown> }
    const { data } = await send('', { method: 'POST', body: JSON.stringify({ text }) })
    expect(data.conversation_id).toBe(text)
    const isAsked = async (): Promise<boolean> =>
      (await eventsOf(manager, String(data.task_id))).some(({ type }) => type === 'input_request')
    await until(isAsked)
    const page = await send(`/${data.task_id}?from=0`)
    expect(page.data.events).toContainEqual(
      expect.objectContaining({ type: 'source', data: { url: text, title: text } }),
    )
    expect(page.data.conversation_id).toBe(text)
  })
})
