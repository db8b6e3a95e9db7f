import type { InputOutcome } from '../protocol/index.ts'
import type { Json } from '../store/index.ts'
import type { OpenBlock, OpenBlocks } from './open-blocks.ts'

/** What a runner asked to be kept for the next attempt. */
export interface Checkpoint {
  /** Idx of the first event after it: an attempt that begins here drops the blocks from there on. */
  keepBefore: number
  /** The value's JSON text. */
  value: Json
}

/** Core's own state of a log, stored beside it: what somebody who takes the task over has to know. */
export interface Carry {
  open: readonly OpenBlock[]
  checkpoint: Checkpoint | null
  /** How the questions ended that are no longer open. */
  closedInputs: Readonly<Record<string, InputOutcome>>
}

/** Reads what {@link writeCarry} wrote; an empty log has none. */
export function readCarry(json: Json | null): Carry {
  return json === null ? { open: [], checkpoint: null, closedInputs: {} } : (JSON.parse(json) as Carry)
}

/**
 * Bytes of the questions that are open at a time: there is room for them beside the largest checkpoint, whose JSON is
 * escaped here, and beside how the latest questions ended.
 */
export const maxQuestionsBytes = 16_384

/** A store keeps this many characters of carry beside a log; with UTF-8 that is within its 64 kB for ids in ASCII. */
const maxLength = 60_000

/**
 * The JSON text of a carry. Open blocks for which there is no room cannot be closed in the log by whoever takes over;
 * readers close them with the task's end. The questions go first, since somebody may be about to answer, then the newest
 * streams.
 */
export function writeCarry(open: OpenBlocks, checkpoint: Checkpoint | null): Json {
  const rest = `"checkpoint":${JSON.stringify(checkpoint)},"closedInputs":${JSON.stringify(open.closedInputs)}`
  const { others, tools } = open.carriedJson()
  const fitting = newestFitting(others, maxLength - rest.length)
  const all = fitting && tools ? `${fitting},${tools}` : fitting || tools
  return `{"open":[${all.length + rest.length < maxLength ? all : fitting}],${rest}}`
}

function newestFitting(texts: readonly Json[], room: number): string {
  let first = texts.length
  for (let left = room; first > 0; first--) {
    left -= (texts[first - 1]?.length ?? 0) + 1
    if (left < 0) break
  }
  return texts.slice(first).join()
}
