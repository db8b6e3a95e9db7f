import { TaskError } from '../errors.ts'
import { isJsonType } from './read-json-body.ts'
import type { TaskRequest } from './task-request.ts'

/**
 * Refuses a write that another site's page may have sent with the user's cookie. A browser names the page's origin in
 * every such write; without one, only a JSON content type shows that no plain form sent it.
 *
 * @throws TaskError `forbidden_origin`
 */
export function checkOrigin(request: TaskRequest, allowedOrigins: ReadonlySet<string>): void {
  const origin = request.headers.get('origin')
  if (origin === null ? isJsonType(request.headers.get('content-type')) : isAllowed(origin)) return
  throw new TaskError(
    'forbidden_origin',
    origin === null
      ? 'A write with a cookie needs an Origin header or the content type application/json.'
      : 'Pages of this origin may not write here; add it to allowedOrigins if they should.',
  )

  function isAllowed(origin: string): boolean {
    // The scheme is not compared: behind a proxy that ends TLS the server does not know its own.
    return allowedOrigins.has(origin) || (URL.canParse(origin) && new URL(origin).host === request.host)
  }
}
