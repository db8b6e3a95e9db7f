import type { InputOutcome } from '../protocol/index.ts'
import type { Json } from '../store/index.ts'
import type { OpenBlock } from './open-blocks.ts'

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

/** A store keeps this many characters of carry beside a log; with UTF-8 that is within its 64 kB for ids in ASCII. */
const maxLength = 60_000

/**
 * The JSON text of a carry. Of very many open blocks only the newest are kept: whoever takes over cannot close the
 * others in the log, and readers close them with the task's end.
 */
export function writeCarry(carry: Carry): Json {
  const json = JSON.stringify(carry)
  if (json.length <= maxLength || carry.open.length === 0) return json
  return writeCarry({ ...carry, open: carry.open.slice(Math.ceil(carry.open.length / 2)) })
}
