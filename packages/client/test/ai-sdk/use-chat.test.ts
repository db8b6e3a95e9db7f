import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ChatContext, openChatServer } from '../../../../test/support/chat-server.ts'
import { OutlastChatTransport } from '../../src/ai-sdk/index.ts'
import { TaskClient, TaskClientError, type TaskClientOptions } from '../../src/index.ts'

// Not vitest's own environment: that would give the server, which runs here too, the browser's AbortSignal and fetch.
await vi.hoisted(async () => {
  const { Window } = await import('happy-dom')
  const window = new Window()
  const { document, navigator } = window
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', document)
  vi.stubGlobal('navigator', navigator)
})

type ChatHelpers = ReturnType<typeof useChat>

/** The latest of what `useChat` answered, in one page. */
interface Page {
  chat(): ChatHelpers
  /** Text of the last message. */
  text(): string
  close(): void
}

const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const leave of leftovers.splice(0).reverse()) await leave()
})

type OpenPage = (messages?: UIMessage[], options?: TaskClientOptions) => Page

async function serve(run: (context: ChatContext) => unknown): Promise<OpenPage> {
  const server = await openChatServer(run)
  leftovers.push(() => server.close())

  return (messages = [], options = {}) => {
    const client = new TaskClient({ baseUrl: `${server.url}/api/tasks`, ...options })
    const transport = new OutlastChatTransport({ client })
    let latest: ChatHelpers | undefined
    const Chat = (): null => {
      latest = useChat({ id: 'c1', messages, transport, resume: true })
      return null
    }
    const root = createRoot(document.createElement('div'))
    root.render(createElement(StrictMode, null, createElement(Chat)))
    const close = (): void => root.unmount()
    leftovers.push(close)
    const chat = (): ChatHelpers => {
      if (latest === undefined) throw new Error('not mounted yet')
      return latest
    }
    const text = (): string => {
      const parts = chat().messages.at(-1)?.parts ?? []
      return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    }
    return { chat, text, close }
  }
}

/** A door that a runner waits at. */
function door(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 })

describe('useChat', () => {
  it('sends, streams and ends, and a page that comes back in the middle goes on with the same answer', async () => {
    const { opened, open } = door()
    const openPage = await serve(async ({ input, emit }) => {
      emit('ai_message_start', { message_id: 'm1' })
      emit('text_chunk', { content: `You said ${input.message}. ` })
      await opened
      emit('text_chunk', { content: 'And I answer.' })
    })
    const first = openPage()
    await until(() => expect(first.chat().status).toBe('ready'))
    void first.chat().sendMessage({ text: 'hello' })
    await until(() => expect(first.text()).toBe('You said hello. '))
    expect(first.chat().status).toBe('streaming')
    const history = first.chat().messages
    first.close()

    const second = openPage(history)
    const third = openPage(history.slice(0, 1))
    await until(() => expect(second.chat().status).toBe('streaming'))
    await until(() => expect(third.text()).toBe('You said hello. '))
    open()
    for (const page of [second, third]) {
      await until(() => expect(page.chat().status).toBe('ready'))
      expect(page.text()).toBe('You said hello. And I answer.')
      expect(page.chat().messages.map(({ id, role }) => (role === 'user' ? role : id))).toEqual([
        'user',
        'm1',
      ])
    }
  })

  it('stops the task with its running tool, whose end the page can then show', async () => {
    const ended = vi.fn()
    const openPage = await serve(async ({ emit, tool }) => {
      emit('text_chunk', { content: 'Looking.' })
      emit('text_end', {})
      const result = await tool({ id: 'k1', name: 'search', input: { q: 'x' } }, (signal) => {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            ended()
            reject(signal.reason)
          })
        })
      })
      return result.content
    })
    const page = openPage()
    await until(() => expect(page.chat().status).toBe('ready'))
    void page.chat().sendMessage({ text: 'hello' })
    const part = (): unknown => page.chat().messages.at(-1)?.parts.at(-1)
    await until(() => expect(part()).toMatchObject({ type: 'tool-search', state: 'input-available' }))

    await page.chat().stop()
    expect(page.chat().status).toBe('ready')
    await until(() => expect(ended).toHaveBeenCalledOnce())
    await page.chat().resumeStream()
    await until(() => expect(part()).toMatchObject({ state: 'output-error', errorText: 'cancelled by user' }))
    expect(page.chat().messages).toHaveLength(2)
    expect(page.chat().status).toBe('ready')
    expect(page.chat().error).toBeUndefined()
  })

  it("tells the task's error, and answers again when asked to", async () => {
    let runs = 0
    const openPage = await serve(({ emit }) => {
      if (++runs === 1) throw new Error('The model is asleep.')
      emit('text_chunk', { content: 'Awake.' })
    })
    const page = openPage()
    await until(() => expect(page.chat().status).toBe('ready'))
    void page.chat().sendMessage({ text: 'hello' })
    await until(() => expect(page.chat().error?.message).toBe('The model is asleep.'))
    void page.chat().regenerate()
    await until(() => expect(page.text()).toBe('Awake.'))
    await until(() => expect(page.chat().status).toBe('ready'))
    expect(page.chat().messages).toHaveLength(2)
    expect(runs).toBe(2)
  })

  it('refuses what a second tab sends while an answer is written, and sends it when asked again later', async () => {
    const { opened, open } = door()
    const openPage = await serve(async ({ input, emit }) => {
      emit('text_chunk', { content: `You said ${input.message}.` })
      await opened
    })
    const [first, second] = [openPage(), openPage()]
    for (const page of [first, second]) {
      await until(() => expect(page.chat().status).toBe('ready'))
      // One that is still on its way would clear the error.
      await page.chat().resumeStream()
    }
    void first.chat().sendMessage({ text: 'hello' })
    await until(() => expect(first.text()).toBe('You said hello.'))
    await second.chat().sendMessage({ text: 'me too' })
    await until(() => expect(second.chat().status).toBe('error'))
    expect(TaskClientError.is(second.chat().error, 'task_already_running')).toBe(true)
    await second.chat().regenerate()
    await until(() => expect(second.chat().status).toBe('error'))
    open()
    await until(() => expect(first.chat().status).toBe('ready'))
    void second.chat().regenerate()
    await until(() => expect(second.text()).toBe('You said me too.'))
    await until(() => expect(second.chat().status).toBe('ready'))
    expect(second.chat().messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(first.chat().error).toBeUndefined()
  })

  it('does not forget what was sent while it streams: the refusal stands when the answer has ended', async () => {
    const { opened, open } = door()
    const openPage = await serve(async ({ input, emit }) => {
      emit('text_chunk', { content: `You said ${input.message}.` })
      await opened
      emit('text_chunk', { content: ' Yes.' })
    })
    const page = openPage()
    await until(() => expect(page.chat().status).toBe('ready'))
    void page.chat().sendMessage({ text: 'hello' })
    await until(() => expect(page.text()).toBe('You said hello.'))
    await page.chat().sendMessage({ text: 'and this' })
    open()
    await until(() => expect(page.chat().error?.message).toBe('Not sent: another answer was being written.'))
    expect(page.chat().status).toBe('error')
    void page.chat().regenerate()
    await until(() => expect(page.text()).toBe('You said and this. Yes.'))
    await until(() => expect(page.chat().status).toBe('ready'))
    const texts = page.chat().messages.map(({ parts }) => parts.find(({ type }) => type === 'text'))
    expect(texts).toMatchObject(
      ['hello', 'You said hello. Yes.', 'and this', 'You said and this. Yes.'].map((text) => ({ text })),
    )
  })

  it('answers what is sent right after a stop, though the task takes its time to end', async () => {
    const { opened, open } = door()
    let runs = 0
    const openPage = await serve(async ({ input, emit }) => {
      runs++
      emit('text_chunk', { content: `You said ${input.message}.` })
      if (input.message === 'hello') await opened
    })
    const page = openPage()
    await until(() => expect(page.chat().status).toBe('ready'))
    void page.chat().sendMessage({ text: 'hello' })
    await until(() => expect(page.text()).toBe('You said hello.'))
    await page.chat().stop()
    void page.chat().sendMessage({ text: 'rather this' })
    await until(() => expect(page.chat().status).toBe('submitted'))
    expect(runs).toBe(1)
    open()
    await until(() => expect(page.text()).toBe('You said rather this.'))
    await until(() => expect(page.chat().status).toBe('ready'))
    expect(page.chat().error).toBeUndefined()
    expect(runs).toBe(2)
  })

  it('streams the task of its own whose create was answered by nobody, when asked again', async () => {
    const { opened, open } = door()
    let runs = 0
    const openPage = await serve(async ({ emit }) => {
      runs++
      emit('text_chunk', { content: 'Mine.' })
      await opened
    })
    let isLost = true
    const page = openPage([], {
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        if (init.method !== 'POST' || !isLost) return response
        isLost = false
        return new Response('<html></html>', { status: 500 })
      },
    })
    await until(() => expect(page.chat().status).toBe('ready'))
    void page.chat().sendMessage({ text: 'hello' })
    await until(() => expect(page.chat().status).toBe('error'))
    void page.chat().regenerate()
    await until(() => expect(page.text()).toBe('Mine.'))
    expect(page.chat().messages.at(-1)?.metadata).not.toHaveProperty('attached')
    open()
    await until(() => expect(page.chat().status).toBe('ready'))
    expect(runs).toBe(1)
  })

  it('says what is missing when there is no message of the user to answer again', async () => {
    const openPage = await serve(() => {})
    const page = openPage([{ id: 'a1', role: 'assistant', parts: [{ type: 'text', text: 'Welcome' }] }])
    await until(() => expect(page.chat().status).toBe('ready'))
    await page.chat().resumeStream()
    void page.chat().regenerate()
    await until(() => expect(page.chat().error?.message).toMatch(/no message of the user/))
  })
})
