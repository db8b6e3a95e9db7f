import type { FileUIPart, UIMessage, UIMessageChunk } from 'ai'
import { describe, expect, it, vi } from 'vitest'
import { chatBody, OutlastChatTransport, type OutlastChatTransportOptions } from '../../src/ai-sdk/index.ts'
import { json, networkDown, refusal } from '../support/fake-server.ts'
import { makeWorld, type World } from '../support/make-world.ts'

const user = (id: string, ...parts: UIMessage['parts']): UIMessage => ({ id, role: 'user', parts })
const hello = user('u1', { type: 'text', text: 'Hello' })
const image: FileUIPart = { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' }

type Sending = Parameters<OutlastChatTransport['sendMessages']>[0]

const sending = (more: Partial<Sending> = {}): Sending => ({
  ...{ trigger: 'submit-message', chatId: 'c1', messageId: undefined, messages: [hello] },
  abortSignal: undefined,
  ...more,
})

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

  it('streams the task that already runs in this conversation', async () => {
    const { transport, server, clock } = makeChat()
    const task = { task_id: 't1', status: 'running', next_offset: 2 }
    server.script(() => refusal(409, 'task_already_running', {}, { task }))
    server.text('Already here')
    const read = collect(await transport.sendMessages(sending()))
    await clock.advance(1_000)
    expect(textOf(read.chunks)).toBe('Already here')
    expect(server.requests[1]?.query).toMatchObject({ conversation_id: 'c1', status: 'active' })
  })

  it('shows no answer of another conversation, though its task is in the way', async () => {
    const { transport, server } = makeChat()
    const task = { task_id: 'other', status: 'running', next_offset: 2 }
    server.script(() => refusal(409, 'task_already_running', {}, { task }))
    await expect(transport.sendMessages(sending())).rejects.toMatchObject({ code: 'task_already_running' })
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

  it('stops the task also when the create was still on its way', async () => {
    const { transport, server, cancels, clock } = makeChat()
    const chat = new AbortController()
    const sent = transport.sendMessages(sending({ abortSignal: chat.signal }))
    chat.abort()
    await sent
    await clock.advance(0)
    expect(server.requests[0]?.signal).toBeNull()
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
