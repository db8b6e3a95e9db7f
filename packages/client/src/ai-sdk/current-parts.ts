import type { UIMessage } from 'ai'

/** Data of a `data-withdrawn` part: how many of the parts right before it the task has taken back. */
export interface WithdrawnData {
  parts: number
}

/**
 * The parts of a message that still count. The AI SDK can only add to a message, while a task can take back what it
 * showed: a second attempt after a crash begins anew, a text may end with other words than were streamed. A
 * `data-withdrawn` part marks that; this leaves out the marker and what it takes back.
 *
 * @example
 * currentParts(message.parts).map(showPart)
 */
export function currentParts<Part extends UIMessage['parts'][number]>(parts: readonly Part[]): Part[] {
  const kept: Part[] = []
  for (const part of parts) {
    // An event of the application's own that has this name would have an id.
    if (part.type === 'data-withdrawn' && 'data' in part && !('id' in part)) {
      kept.length = Math.max(0, kept.length - (part.data as WithdrawnData).parts)
    } else kept.push(part)
  }
  return kept
}
