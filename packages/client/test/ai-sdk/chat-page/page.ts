import { Chat, useChat } from '@ai-sdk/react'
import { TaskClient } from '@outlast/client'
import { currentParts, OutlastChatTransport } from '@outlast/client/ai-sdk'
import type { UIMessage } from 'ai'
import { createElement as h, type ReactNode, StrictMode, useEffect } from 'react'
import { createRoot } from 'react-dom/client'

const transport = new OutlastChatTransport({ client: new TaskClient() })
/** Stands in for the application's own store of messages. */
const stored: UIMessage[] = JSON.parse(localStorage.getItem('messages') ?? '[]')

function showPart(part: UIMessage['parts'][number], key: number): ReactNode {
  if (part.type === 'text') return h('p', { key, className: 'text' }, part.text)
  if (!('toolCallId' in part)) return null
  return h('p', { key, className: 'tool', 'data-state': part.state }, `${part.type} ${part.errorText ?? ''}`)
}

// A chat of its own, and not options for `useChat`: what is stored may be half of an answer that the task goes on with.
const chat = new Chat({ id: 'c1', messages: stored, transport })

function Screen(): ReactNode {
  const { messages, sendMessage, regenerate, stop, resumeStream, status, error } = useChat({
    chat,
    resume: true,
  })
  useEffect(() => localStorage.setItem('messages', JSON.stringify(messages)), [messages])
  const isIdle = status === 'ready' || status === 'error'
  const button = (name: string, disabled: boolean, onClick: () => unknown): ReactNode =>
    h('button', { type: 'button', disabled, onClick }, name)

  return h(
    'section',
    null,
    h('p', { id: 'status' }, status),
    h('p', { role: 'alert' }, error?.message),
    messages.map(({ id, role, parts }) =>
      h('article', { key: id, id, className: role }, currentParts(parts).map(showPart)),
    ),
    button('Ask', !isIdle, () => sendMessage({ text: 'How is it?' })),
    button('Try again', !isIdle || messages.at(-1)?.role !== 'user', () => regenerate()),
    button('Stop', isIdle, () => stop().then(() => resumeStream())),
  )
}

const root = document.getElementById('chat')
if (root) createRoot(root).render(h(StrictMode, null, h(Screen)))
