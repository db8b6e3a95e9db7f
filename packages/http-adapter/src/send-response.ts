import type { ServerResponse } from 'node:http'
import type { TaskResponse } from '@outlast/core/http'
import { openBody } from './response-sink.ts'

/** Writes a neutral answer. Does nothing when the client is gone or was answered by something else. */
export function sendResponse(target: ServerResponse, { status, headers, body }: TaskResponse): void {
  const isOpen = !target.destroyed && !target.headersSent
  if (body === null) {
    if (isOpen) target.writeHead(status, headers).end()
  } else if (typeof body === 'string' || body instanceof Uint8Array) {
    if (!isOpen) return
    writeHead(target, status, headers, Buffer.byteLength(body))
    // Node leaves the body out of the answer to HEAD by itself.
    target.end(body)
  } else if ('shared' in body) {
    if (!isOpen) return
    const { own, shared } = body
    writeHead(target, status, headers, Buffer.byteLength(own) + shared.length)
    target.write(own)
    target.end(shared)
  } else if (!isOpen) body.onClose()
  else if (target.req.method === 'HEAD') {
    body.onClose()
    target.writeHead(status, headers).end()
  } else {
    target.writeHead(status, headers)
    openBody(target, body)
  }
}

/** Writes the head of an answer whose body has `length` bytes. */
function writeHead(
  target: ServerResponse,
  status: number,
  headers: TaskResponse['headers'],
  length: number,
): void {
  const head = ['content-length', String(length)]
  for (const name in headers) head.push(name, headers[name] ?? '')
  // As a list, which costs HTTP/1 a third of what a copied object does. HTTP/2 takes an object only.
  if (target.req.httpVersionMajor === 1) target.writeHead(status, head)
  else target.writeHead(status, { ...headers, 'content-length': length })
}
