import { isVisible } from './focus.ts'

/** A frame may never come: the page was hidden meanwhile, or stands in a frame that is out of view. */
const longestFrameMs = 100

/**
 * Calls `callback` before the next paint, or at once where nobody would see it (a hidden page, Node, a worker). The
 * answer cancels it.
 */
export function onFrame(callback: () => void): () => void {
  if (!globalThis.requestAnimationFrame || !isVisible()) {
    callback()
    return () => {}
  }
  const cancel = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const run = (): void => {
    cancel()
    callback()
  }
  const frame = requestAnimationFrame(run)
  const timer = setTimeout(run, longestFrameMs)
  return cancel
}
