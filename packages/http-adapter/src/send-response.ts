import type { ServerResponse } from 'node:http'
import type { TaskResponse } from '@outlast/core/http'

/** Writes a neutral answer in one piece. Does nothing when the client is gone or was answered by something else. */
export function sendResponse(target: ServerResponse, { status, headers, body }: TaskResponse): void {
  if (target.destroyed || target.headersSent) return
  if (body === null) {
    target.writeHead(status, headers).end()
    return
  }
  target.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  // Node leaves the body out of the answer to HEAD by itself.
  target.end(body)
}
