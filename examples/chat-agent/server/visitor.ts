import { randomBytes } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'

const cookieName = 'visitor'
const cookieAgeMs = 30 * 24 * 3_600_000
const visitors = new WeakMap<IncomingMessage, string>()

/**
 * Gives every browser an unguessable id in a cookie that scripts cannot read. It stands in for a sign-in: whoever has
 * the cookie is the user.
 */
export const recognizeVisitor: RequestHandler = (request, response, next) => {
  const known = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]{22})(?:;|$)`).exec(
    request.headers.cookie ?? '',
  )?.[1]
  const visitor = known ?? randomBytes(16).toString('base64url')
  visitors.set(request, visitor)
  if (known === undefined) {
    response.cookie(cookieName, visitor, {
      httpOnly: true,
      sameSite: 'lax',
      maxAge: cookieAgeMs,
      secure: request.secure,
    })
  }
  next()
}

/** The visitor's id; `null` when the request did not come through {@link recognizeVisitor}. */
export function visitorOf(request: unknown): string | null {
  return request instanceof IncomingMessage ? (visitors.get(request) ?? null) : null
}
