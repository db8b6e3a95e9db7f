/** Durable Streams counts the cursors of live reads in steps of 20 seconds from 2024-10-09. */
const intervalMs = 20_000
const countedFrom = Date.UTC(2024, 9, 9)

/**
 * The cursor of a live answer: it makes the next request's URL another one, so that no cache answers it with this
 * answer. Never what the client has sent, nor less. The protocol lets the step be random so that shared caches are not
 * asked by all at once; no shared cache keeps these answers.
 *
 * @param now milliseconds since 1970
 * @param sent what the client's `cursor` said; what is no number is as none
 */
export function streamCursor(now: number, sent: string | null): string {
  const current = Math.floor((now - countedFrom) / intervalMs)
  const last = sent !== null && /^\d{1,15}$/.test(sent) ? Number(sent) : -1
  return String(Math.max(current, last + 1))
}
