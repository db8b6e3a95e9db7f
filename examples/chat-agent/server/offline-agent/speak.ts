import { setTimeout as delay } from 'node:timers/promises'
import type { TaskContext } from '@outlast/core'

/** Milliseconds between two pieces: about the pace of a model, which one can just read along with. */
const pieceMs = 40
/** Longer texts come in bigger pieces, so that none takes longer than this. */
const longestMs = 4_500

type Voice = 'thinking' | 'text'

/** 1 is the usual pace, 2 takes twice as long, 0 does not wait. */
export type Pace = number

/** Writes a text as a block of its own, piece by piece. Rejects when the task is stopped; what was said stays. */
export async function speak(context: TaskContext, voice: Voice, text: string, pace: Pace): Promise<void> {
  context.emit(`${voice}_start`, {})
  for (const content of pieces(text)) {
    context.emit(`${voice}_chunk`, { content })
    await delay(pieceMs * pace, undefined, { signal: context.signal })
  }
  context.emit(`${voice}_end`, {})
}

/** Whole words, gathered to a length that keeps the whole within bounds. */
function* pieces(text: string): Generator<string> {
  const length = Math.max(9, Math.ceil((text.length * pieceMs) / longestMs))
  let piece = ''
  for (const word of text.match(/\S+\s*|\s+/g) ?? []) {
    piece += word
    if (piece.length < length) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
