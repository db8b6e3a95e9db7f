import type { IncomingMessage } from 'node:http'

/** What a request is about; `other` is the page itself and its files. */
export type RequestKind = 'create' | 'list' | 'read' | 'stream' | 'upgrade' | 'command' | 'other'

/** Every way to get at a task's log. */
export const logKinds: readonly RequestKind[] = ['read', 'stream', 'upgrade']

/** The kind of a request below `/api/tasks`; an upgrade is told by its event. */
export function kindOf({ method = 'GET', url = '/' }: IncomingMessage): RequestKind {
  const [, rest] = /^\/api\/tasks\/?([^?]*)/.exec(url) ?? []
  if (rest === undefined) return 'other'
  if (rest === '') return method === 'POST' ? 'create' : 'list'
  if (method !== 'GET') return 'command'
  return rest.endsWith('/events') ? 'stream' : 'read'
}
