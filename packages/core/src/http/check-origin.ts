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
  const isNamed = request.headers.get('origin') !== null
  if (!isNamed && !isJsonType(request.headers.get('content-type'))) {
    throw new TaskError(
      'forbidden_origin',
      'A write with a cookie needs an Origin header or the content type application/json.',
    )
  }
  checkNamedOrigin(request, allowedOrigins)
}

/**
 * Refuses a stream that another site's page has opened with the user's cookie. A browser names no origin to a page's own
 * server.
 *
 * @throws TaskError `forbidden_origin`
 */
export function checkNamedOrigin(
  { headers, host }: Pick<TaskRequest, 'headers' | 'host'>,
  allowedOrigins: ReadonlySet<string>,
): void {
  const origin = headers.get('origin')
  if (origin === null || allowedOrigins.has(origin)) return
  // The scheme is not compared: behind a proxy that ends TLS the server does not know its own.
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw new TaskError(
    'forbidden_origin',
    'Pages of this origin may not do that here; add it to allowedOrigins if they should.',
  )
}
