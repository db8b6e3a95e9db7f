/** Milliseconds for another process to come up before anybody asks for it. */
const leastMs = 500
/** Milliseconds for each connection that comes back: what a process that has just begun takes lightly. */
const apartMs = 2.5
/** Milliseconds over which however many connections are spread. */
const spreadMs = 5_000

/**
 * Milliseconds that a connection of a server that goes is to wait before it comes back, so that those of a thousand
 * clients do not all come in the same instant. The first comes first, and few do not wait for many.
 *
 * @param place of the connection among `count`, from 0 on
 */
export function restartPause(place: number, count: number): number {
  return leastMs + Math.floor(place * Math.min(apartMs, spreadMs / count))
}
