import { isTooDeepForEvent } from './json-depth.ts'

// The worst that JSON makes of one UTF-16 unit is `\uXXXX`; the rest of the event's data needs some room too.
const bytesPerUnit = 6
const roomForTheRest = 1_024

/** The text that a model reads for what a tool returned: a string as it is, anything else as JSON. */
export function toolText(value: unknown, maxBytes: number): string {
  return cut(typeof value === 'string' ? value : (jsonOf(value) ?? stringOf(value)), maxBytes)
}

/** The value as JSON has it where that fits into one event, else as much of its text as does. Never throws. */
export function fittingValue(value: unknown, maxBytes: number): unknown {
  if (value === undefined) return null
  const json = jsonOf(value)
  const fits =
    json !== undefined && Buffer.byteLength(json) <= maxBytes - roomForTheRest && !isTooDeepForEvent(json, 1)
  return fits ? (JSON.parse(json) as unknown) : toolText(value, maxBytes)
}

/** The first `units` UTF-16 units of a text, one less where the cut would go through a surrogate pair. */
export function textHead(text: string, units: number): string {
  return text.slice(0, pieceEnd(text, 0, units))
}

/** A text in pieces that each fit into one event; none is cut within a character. */
export function textPieces(text: string, maxBytes: number): string[] {
  if (fits(text, maxBytes)) return [text]
  // Two units hold any character: with fewer, a pair could never be written.
  const units = Math.max(2, unitsWithin(maxBytes))
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start, units)
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

function cut(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text
  const head = textHead(text, unitsWithin(maxBytes))
  return `${head}… (${text.length - head.length} characters left out)`
}

function fits(text: string, maxBytes: number): boolean {
  // Deltas are short and many: most need no measuring.
  if (text.length <= unitsWithin(maxBytes) - 1) return true
  return Buffer.byteLength(JSON.stringify(text)) <= maxBytes - roomForTheRest
}

/** As many UTF-16 units as surely fit. */
function unitsWithin(maxBytes: number): number {
  return Math.max(0, Math.floor((maxBytes - roomForTheRest) / bytesPerUnit))
}

/** Where a piece that begins at `start` ends, so that the cut does not go through a surrogate pair. */
function pieceEnd(text: string, start: number, units: number): number {
  const end = Math.min(text.length, start + units)
  const isWithinPair = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff
  return isWithinPair ? end - 1 : end
}

/** `undefined` for what has no JSON: a function, a cycle, a bigint. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function stringOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be shown'
  }
}
