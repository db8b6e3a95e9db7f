import type { FileUIPart, UIMessage, UIMessageChunk } from 'ai'
import { describe, expect, it, vi } from 'vitest'
import { chatBody, OutlastChatTransport, type OutlastChatTransportOptions } from '../../src/ai-sdk/index.ts'
import { json, lateAnswer, networkDown, refusal } from '../support/fake-server.ts'
import { makeWorld, type World } from '../support/make-world.ts'

const user = (id: string, ...parts: UIMessage['parts']): UIMessage => ({ id, role: 'user', parts })
const hello = user('u1', { type: 'text', text: 'Hello' })
const again = user('u2', { type: 'text', text: 'And now?' })
const image: FileUIPart = { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' }

type Sending = Parameters<OutlastChatTransport['sendMessages']>[0]

const sending = (more: Partial<Sending> = {}): Sending => ({
  ...{ trigger: 'submit-message', chatId: 'c1', messageId: undefined, messages: [hello] },
  abortSignal: undefined,
  ...more,
})

/** The answer to a create that a task is in the way of. */
const busy =
  (status = 'running', task_id = 't1') =>
  (): Response =>
    refusal(409, 'task_already_running', {}, { task: { task_id, status, next_offset: 2 } })

interface ChatWorld extends World {
  transport: OutlastChatTransport
  /** Requests to cancel. */
  cancels(): number
  /** Idempotency keys of the creates. */
  keys(): (string | null)[]
}

function makeChat(options: Partial<OutlastChatTransportOptions> = {}): ChatWorld {
  const world = makeWorld()
  let drawn = 0
  const random = (): number => ++drawn / 1_000
  const transport = new OutlastChatTransport({ client: world.client, random, ...options })
  const { requests } = world.server
  return {
    ...world,
    transport,
    cancels: () => requests.filter(({ path }) => path.endsWith('/cancel')).length,
    keys: () =>
      requests
        .filter(({ method, path }) => method === 'POST' && path === '/api/tasks')
        .map(({ headers }) => headers.get('idempotency-key')),
  }
}

/** Reads a stream in the background; `chunks` grows, and `over` turns true with the stream's end. */
function collect(stream: ReadableStream<UIMessageChunk> | null): { chunks: UIMessageChunk[]; over: boolean } {
  const read = { chunks: [] as UIMessageChunk[], over: false }
  const reader = stream?.getReader()
  const next = async (): Promise<void> => {
    const part = await reader?.read()
    if (!part || part.done) {
      read.over = true
      return
    }
    read.chunks.push(part.value)
    return next()
  }
  void next()
  return read
}

const textOf = (chunks: readonly UIMessageChunk[]): string =>
  chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('')

describe('chatBody', () => {
  it('is the last message of the user, with its files, the conversation and what the call added', () => {
    const video: FileUIPart = { type: 'file', mediaType: 'video/mp4', url: 'https://example.org/a.mp4' }
    const messages = [
      user('u0', { type: 'text', text: 'before' }),
      user('u1', image, video, { type: 'text', text: 'Hello' }, { type: 'text', text: 'again' }),
      { id: 'a1', role: 'assistant' as const, parts: [] },
    ]
    expect(chatBody(sending({ messages, body: { model_key: 'small' } }))).toEqual({
      message: 'Hello\nagain',
      images: [image.url],
      videos: [video.url],
      conversation_id: 'c1',
      model_key: 'small',
    })
    expect(chatBody(sending())).toEqual({ message: 'Hello', conversation_id: 'c1' })
  })

  it('says what is missing where there is no message of the user to answer', async () => {
    const { transport, server } = makeChat()
    const messages = [{ id: 'a1', role: 'assistant' as const, parts: [] }]
    await expect(transport.sendMessages(sending({ messages }))).rejects.toThrow(/no message of the user/)
    expect(server.requests).toEqual([])
  })

  it('refuses a file that a chat task has no place for, instead of losing it', async () => {
    const file: FileUIPart = { type: 'file', mediaType: 'application/pdf', url: 'data:,' }
    const { transport, server } = makeChat()
    await expect(transport.sendMessages(sending({ messages: [user('u1', file)] }))).rejects.toThrow(
      'application/pdf',
    )
    expect(server.requests).toEqual([])
  })
})

describe('sending', () => {
  it('starts a task and streams its answer to the end', async () => {
    const { transport, server, clock } = makeChat()
    server.emit('ai_message_start', { message_id: 'm1' })
    server.text('Hel')
    const read = collect(await transport.sendMessages(sending()))
    await clock.advance(1_000)
    server.text('lo')
    server.finish()
    await clock.advance(2_000)
    expect(server.requests[0]?.body).toEqual({ message: 'Hello', conversation_id: 'c1' })
    expect(read.chunks[0]).toMatchObject({ type: 'start', messageId: 'm1' })
    expect(textOf(read.chunks)).toBe('Hello')
    expect(read.chunks.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    expect(read.over).toBe(true)
    expect(server.inFlight).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('tells the page while nothing can be read, and that it goes on', async () => {
    const { transport, server, clock } = makeChat()
    server.text('Half an ')
    const read = collect(await transport.sendMessages(sending()))
    await clock.advance(1_000)
    server.script(networkDown)
    await clock.advance(10_000)
    server.text('answer')
    server.finish()
    await clock.advance(10_000)
    expect(read.chunks.filter(({ type }) => type === 'data-connection')).toMatchObject([
      { data: { connection: 'retrying', error: expect.stringContaining('No answer') }, transient: true },
      { data: { error: null }, transient: true },
    ])
    expect(textOf(read.chunks)).toBe('Half an answer')
  })

  it('sends the body that the application prepares', async () => {
    const prepareBody = vi.fn(async ({ chatId, trigger }: { chatId: string; trigger: string }) => ({
      ...{ text: 'mine', conversation_id: chatId },
      again: trigger === 'regenerate-message',
    }))
    const { transport, server } = makeChat({ prepareBody })
    await transport.sendMessages(sending({ trigger: 'regenerate-message', metadata: { from: 'test' } }))
    expect(server.requests[0]?.body).toEqual({ text: 'mine', conversation_id: 'c1', again: true })
    expect(prepareBody.mock.calls[0]?.[0]).toMatchObject({ messages: [hello], metadata: { from: 'test' } })
  })

  it('is one task when the answer was lost and the user sends again, by whatever button', async () => {
    const { transport, server, clock, keys } = makeChat()
    server.script(networkDown, networkDown, networkDown, networkDown)
    const failed = expect(transport.sendMessages(sending())).rejects.toMatchObject({ code: 'network_error' })
    await clock.advance(60_000)
    await failed
    await transport.sendMessages(sending({ trigger: 'regenerate-message' }))
    expect(keys()).toHaveLength(5)
    expect(new Set(keys()).size).toBe(1)
  })

  it('is another task when a message is answered again, or was edited', async () => {
    const { transport, server, clock, keys } = makeChat()
    await (await transport.sendMessages(sending())).cancel()
    await (await transport.sendMessages(sending({ trigger: 'regenerate-message' }))).cancel()
    server.script(networkDown, networkDown, networkDown, networkDown)
    const failed = expect(transport.sendMessages(sending())).rejects.toThrow()
    await clock.advance(60_000)
    await failed
    await transport.sendMessages(sending({ messages: [user('u1', { type: 'text', text: 'Edited' })] }))
    expect(keys()).toHaveLength(7)
    expect(new Set(keys()).size).toBe(4)
  })

  it('refuses a new message while a task runs, as nobody would ever answer it', async () => {
    const { transport, server } = makeChat()
    server.script(busy())
    await expect(transport.sendMessages(sending())).rejects.toMatchObject({ code: 'task_already_running' })
    expect(server.requests).toHaveLength(1)
  })

  it('tells of the refusal once more where the running answer ends, as a chat forgets an error with the next chunk', async () => {
    const { transport, server, clock } = makeChat()
    server.text('Al')
    const read = collect(await transport.sendMessages(sending()))
    await clock.advance(1_000)
    server.script(busy())
    await expect(transport.sendMessages(sending({ messages: [hello, again] }))).rejects.toThrow()
    server.text('one')
    server.finish()
    await clock.advance(2_000)
    expect(textOf(read.chunks)).toBe('Alone')
    expect(read.chunks.slice(-2)).toEqual([
      { type: 'finish', finishReason: 'stop' },
      { type: 'error', errorText: 'Not sent: another answer was being written.' },
    ])
    expect(read.over).toBe(true)
  })

  it.each([
    ['a new message where the application wants that', { whileRunning: 'attach' }, {}],
    ['a message that is answered again', {}, { trigger: 'regenerate-message' }],
  ] as const)('attaches %s to the task that runs in its conversation', async (_, options, more) => {
    const { transport, server, clock } = makeChat(options)
    server.script(busy())
    server.text('Already here')
    const read = collect(await transport.sendMessages(sending(more)))
    await clock.advance(1_000)
    expect(textOf(read.chunks)).toBe('Already here')
    expect(read.chunks[0]).toMatchObject({ messageMetadata: { taskId: 't1', attached: true } })
    expect(server.requests[1]?.query).toMatchObject({ conversation_id: 'c1', status: 'active' })
  })

  it('attaches no message that was refused, by whatever button it is sent again', async () => {
    const { transport, server, clock } = makeChat()
    server.script(busy(), busy())
    await expect(transport.sendMessages(sending())).rejects.toThrow()
    const regenerate = sending({ trigger: 'regenerate-message' })
    await expect(transport.sendMessages(regenerate)).rejects.toMatchObject({ code: 'task_already_running' })
    server.text('At last')
    const read = collect(await transport.sendMessages(regenerate))
    await clock.advance(1_000)
    expect(textOf(read.chunks)).toBe('At last')
    expect(read.chunks[0]).toEqual({ type: 'start', messageId: 't1', messageMetadata: { taskId: 't1' } })
  })

  it('creates a task when the one that was in the way has ended before it could be attached', async () => {
    const { transport, server, keys } = makeChat({ whileRunning: 'attach' })
    server.script(busy('running', 'gone'))
    server.list = []
    const read = collect(await transport.sendMessages(sending()))
    expect(new Set(keys()).size).toBe(1)
    expect(keys()).toHaveLength(2)
    expect(read.over).toBe(false)
  })

  it.each([{}, { whileRunning: 'attach' }] as const)(
    'shows no answer of another conversation, though its task is in the way: %o',
    async (options) => {
      const { transport, server } = makeChat(options)
      server.script(busy('running', 'other'))
      await expect(transport.sendMessages(sending())).rejects.toMatchObject({ code: 'task_already_running' })
    },
  )
})

describe('sending after a stop', () => {
  it('waits until the stop was delivered, and the task has ended', async () => {
    const { transport, server, clock, cancels, keys } = makeChat()
    const chat = new AbortController()
    await (await transport.sendMessages(sending({ abortSignal: chat.signal }))).cancel()
    const { answer, release } = lateAnswer(() => json({ success: true, data: { outcome: 'requested' } }))
    server.script(answer)
    chat.abort()
    await clock.advance(0)
    const sent = transport.sendMessages(sending({ messages: [hello, again] }))
    await clock.advance(1_000)
    expect([cancels(), keys().length]).toEqual([1, 1])
    server.script(busy('cancel_requested'))
    release()
    await clock.advance(1_000)
    expect(keys()).toHaveLength(2)
    server.finish('canceled')
    await clock.advance(1_000)
    expect(keys()).toHaveLength(3)
    expect(keys()[1]).toBe(keys()[2])
    await (await sent).cancel()
    expect(clock.pending).toBe(0)
  })

  it('waits also for a task whose create was still on its way when it was stopped', async () => {
    const { transport, server, clock, cancels, keys } = makeChat()
    const created = { task_id: 't1', status: 'running', created_at: 1, conversation_id: null }
    const { answer, release } = lateAnswer(() => json({ success: true, data: created }, 202))
    server.script(answer)
    const chat = new AbortController()
    const first = transport.sendMessages(sending({ abortSignal: chat.signal }))
    await clock.advance(0)
    chat.abort()
    const second = transport.sendMessages(sending({ messages: [hello, again] }))
    await clock.advance(0)
    expect(keys()).toHaveLength(1)
    release()
    await clock.advance(0)
    await (await first).cancel()
    await (await second).cancel()
    const posts = server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ path }) => path)).toEqual(['/api/tasks', '/api/tasks/t1/cancel', '/api/tasks'])
    expect([cancels(), keys().length]).toEqual([1, 2])
  })

  it('waits for the end of a task that another tab has stopped, also where a message would be attached', async () => {
    const { transport, server, clock, keys } = makeChat({ whileRunning: 'attach' })
    server.script(busy('cancel_requested'))
    server.finish('canceled')
    const sent = transport.sendMessages(sending())
    await clock.advance(1_000)
    await (await sent).cancel()
    expect(keys()).toHaveLength(2)
  })

  it('sends nothing more when it is stopped while it waits', async () => {
    const { transport, server, clock, keys, cancels } = makeChat()
    server.script(busy('cancel_requested'))
    const chat = new AbortController()
    const refused = expect(transport.sendMessages(sending({ abortSignal: chat.signal }))).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
    await clock.advance(1_000)
    chat.abort()
    await refused
    await clock.advance(10_000)
    expect([keys().length, cancels(), clock.pending]).toEqual([1, 0, 0])
  })

  it('waits for a task once: one that is in the way after its end is told', async () => {
    const { transport, server, clock, keys } = makeChat()
    server.script(busy('cancel_requested'), () => json({ success: true, data: server.page({}) }))
    server.finish('canceled')
    server.script(busy('cancel_requested'))
    const refused = expect(transport.sendMessages(sending())).rejects.toMatchObject({
      code: 'task_already_running',
    })
    await clock.advance(1_000)
    await refused
    expect(keys()).toHaveLength(2)
  })
})

describe('stopping', () => {
  it('stops the task, whose stream then ends with what the tool left', async () => {
    const { transport, server, clock, cancels } = makeChat()
    const chat = new AbortController()
    server.emit('tool_start', { id: 'k1', name: 'search', arguments: {} })
    const read = collect(await transport.sendMessages(sending({ abortSignal: chat.signal })))
    await clock.advance(1_000)
    chat.abort()
    await clock.advance(0)
    expect(cancels()).toBe(1)
    server.emit('update_action', { id: 'k1', status: 'canceled', result: 'cancelled by user' })
    server.finish('canceled')
    await clock.advance(2_000)
    expect(read.chunks).toContainEqual({
      type: 'tool-output-error',
      toolCallId: 'k1',
      errorText: 'cancelled by user',
    })
    expect(read.chunks.at(-1)).toMatchObject({ type: 'abort' })
    expect(read.over).toBe(true)
  })

  it.each(['c1', 'c2'])('counts though %s is resumed in the same moment', async (chatId) => {
    const { transport, clock, cancels } = makeChat()
    const chat = new AbortController()
    await transport.sendMessages(sending({ abortSignal: chat.signal }))
    chat.abort()
    void transport.reconnectToStream({ chatId })
    await clock.advance(1_000)
    expect(cancels()).toBe(1)
  })

  it('stops the task also when the create was still on its way', async () => {
    const { transport, server, cancels, clock } = makeChat()
    const chat = new AbortController()
    let isCut: boolean | undefined
    server.script(({ signal }) => {
      chat.abort()
      isCut = signal?.aborted ?? false
      return json({ success: true, data: { task_id: 't1', status: 'running' } }, 202)
    })
    await transport.sendMessages(sending({ abortSignal: chat.signal }))
    await clock.advance(0)
    expect(isCut).toBe(false)
    expect(cancels()).toBe(1)
  })

  it('is not what a page does that goes away: it only stops reading', async () => {
    const { transport, server, clock, cancels } = makeChat()
    server.text('Hi')
    const stream = await transport.sendMessages(sending({ abortSignal: new AbortController().signal }))
    await clock.advance(1_000)
    await stream.cancel()
    const asked = server.requests.length
    await clock.advance(10_000)
    expect(cancels()).toBe(0)
    expect(server.requests).toHaveLength(asked)
    expect(clock.pending).toBe(0)
  })

  it('tells the application when the wish could not be delivered', async () => {
    const onStopError = vi.fn()
    const { transport, server, clock } = makeChat({ onStopError })
    const chat = new AbortController()
    await transport.sendMessages(sending({ abortSignal: chat.signal }))
    server.script(() => refusal(404, 'task_not_found'))
    server.script(() => refusal(404, 'task_not_found'))
    chat.abort()
    await clock.advance(1_000)
    expect(onStopError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'task_not_found' }))
  })
})

describe('resuming', () => {
  it('streams the active task of the conversation from its beginning', async () => {
    const { transport, server, clock } = makeChat()
    server.emit('ai_message_start', { message_id: 'm1' })
    server.text('Half an ')
    const read = collect(await transport.reconnectToStream({ chatId: 'c1' }))
    await clock.advance(1_000)
    server.text('answer')
    server.finish()
    await clock.advance(2_000)
    expect(server.requests[0]?.query).toMatchObject({ conversation_id: 'c1', status: 'active' })
    expect(read.chunks[0]).toMatchObject({ type: 'start', messageId: 'm1' })
    expect(textOf(read.chunks)).toBe('Half an answer')
    expect(read.over).toBe(true)
  })

  it('is over at once when nothing runs', async () => {
    const { transport, server } = makeChat()
    server.finish()
    expect(await transport.reconnectToStream({ chatId: 'c1' })).toBeNull()
  })

  it('streams what ended while nobody looked, for pages that keep the messages themselves', async () => {
    const { transport, server, clock } = makeChat({ resumeFinished: true })
    const task = { ...server.task, status: 'succeeded' }
    server.script(() => json({ success: true, data: [task], next_cursor: null, viewer: 'v1' }))
    server.text('All of it')
    server.finish()
    const read = collect(await transport.reconnectToStream({ chatId: 'c1' }))
    await clock.advance(1_000)
    expect(server.requests[0]?.query).toEqual({ conversation_id: 'c1', limit: '1' })
    expect(textOf(read.chunks)).toBe('All of it')
    expect(read.over).toBe(true)
  })

  it('is no wish to stop when the chat resumes again, which aborts the resume before', async () => {
    const { transport, clock, cancels } = makeChat()
    const first = new AbortController()
    await transport.reconnectToStream({ chatId: 'c1', abortSignal: first.signal })
    first.abort()
    const second = new AbortController()
    await transport.reconnectToStream({ chatId: 'c1', abortSignal: second.signal })
    await clock.advance(1_000)
    expect(cancels()).toBe(0)
    second.abort()
    await clock.advance(1_000)
    expect(cancels()).toBe(1)
  })

  it('takes no stop back that is of another chat', async () => {
    const { transport, clock, cancels } = makeChat()
    const first = new AbortController()
    await transport.reconnectToStream({ chatId: 'c1', abortSignal: first.signal })
    first.abort()
    await transport.reconnectToStream({ chatId: 'c2' })
    await clock.advance(1_000)
    expect(cancels()).toBe(1)
  })

  it('shows the end of the task that was just stopped here, once', async () => {
    const { transport, server, clock } = makeChat()
    const chat = new AbortController()
    await (await transport.sendMessages(sending({ abortSignal: chat.signal }))).cancel()
    chat.abort()
    await clock.advance(0)
    server.emit('tool_start', { id: 'k1', name: 'search', arguments: {} })
    server.emit('update_action', { id: 'k1', status: 'canceled', result: 'cancelled by user' })
    server.finish('canceled')
    const read = collect(await transport.reconnectToStream({ chatId: 'c1' }))
    await clock.advance(1_000)
    expect(read.chunks.map(({ type }) => type)).toContain('tool-output-error')
    expect(await transport.reconnectToStream({ chatId: 'c1' })).toBeNull()
  })
})
