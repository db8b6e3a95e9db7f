import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { createElement, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ChatContext, openChatServer } from '../../../../test/support/chat-server.ts'
import { OutlastChatTransport } from '../../src/ai-sdk/index.ts'
import { TaskClient } from '../../src/index.ts'

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

async function serve(run: (context: ChatContext) => unknown): Promise<(messages?: UIMessage[]) => Page> {
  const server = await openChatServer(run)
  leftovers.push(() => server.close())

  return (messages = []) => {
    const client = new TaskClient({ baseUrl: `${server.url}/api/tasks` })
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
})
