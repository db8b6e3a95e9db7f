import { defineChatTask, TaskManager } from '@outlast/core'
import type { Authenticate } from '@outlast/core/http'
import type { EventPage } from '@outlast/core/protocol'
import type { Mounted } from './mounts.ts'

/** Trusts the header `x-user`; nobody is signed in without it. */
export const authenticate: Authenticate = ({ headers }) => {
  const userId = headers.get('x-user')
  return userId === null ? null : { userId, via: 'token' }
}

/** Headers of a request of a user, with a JSON body. */
export function headersOf(userId: string): Record<string, string> {
  return { 'x-user': userId, 'content-type': 'application/json' }
}

/** A POST of JSON by a user. */
export function post(userId: string, body: unknown): RequestInit {
  return { method: 'POST', headers: headersOf(userId), body: JSON.stringify(body) }
}

/** Creates a task of a user; answers its id. */
export async function createTask(mounted: Mounted, userId: string, body: unknown): Promise<string> {
  const response = await mounted.send('/', post(userId, body))
  const answer = (await response.json()) as { data: { task_id: string } }
  return answer.data.task_id
}

/** Reads a task of a user by a path and query below the base. */
export async function readPage(mounted: Mounted, userId: string, path: string): Promise<EventPage> {
  const response = await mounted.send(path, { headers: headersOf(userId) })
  const answer = (await response.json()) as { data: EventPage }
  return answer.data
}

/**
 * A manager whose chat task says `hello`, waits for `release` or a stop, says `bye` and ends. The message `quick` does
 * not wait.
 */
export function chatManager(): { manager: TaskManager; release: () => void } {
  const released = new AbortController()
  const chat = defineChatTask({
    async run({ input, emit, signal }) {
      emit('text_start', {})
      emit('text_chunk', { content: 'hello' })
      if (input.message !== 'quick') await eitherFires(signal, released.signal)
      if (!signal.aborted) emit('text_chunk', { content: 'bye' })
      emit('text_end', {})
      return { media: input.media }
    },
  })
  return { manager: new TaskManager({ tasks: [chat] }), release: () => released.abort() }
}

function eitherFires(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    }
  })
}
