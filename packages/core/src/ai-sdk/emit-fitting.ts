import { defaults } from '../defaults.ts'
import { TaskError } from '../errors.ts'
import { textPieces } from '../tool-output.ts'

/** The smallest `maxEventBytes` that a manager accepts. */
const smallestEventBytes = 8_192

/**
 * Emits one event, made to fit into `maxBytes`. A context does not say its manager's bound: the default is tried first,
 * and when that is refused the smallest one there is.
 *
 * @throws TaskError `invalid_event` when the event is malformed, not only large
 */
export function emitFitting(emit: (maxBytes: number) => void): void {
  try {
    emit(defaults.maxEventBytes)
  } catch (error) {
    if (!TaskError.is(error, 'invalid_event')) throw error
    emit(smallestEventBytes)
  }
}

/** Emits a text as one event, or as several when it is too large for one. */
export function emitText(text: string, emit: (piece: string) => void): void {
  // A part of another shape than its type says: for the check of events to refuse.
  if (typeof text !== 'string') {
    emit(text)
    return
  }
  for (const piece of textPieces(text, defaults.maxEventBytes)) {
    emitFitting((maxBytes) => {
      for (const smaller of textPieces(piece, maxBytes)) emit(smaller)
    })
  }
}
