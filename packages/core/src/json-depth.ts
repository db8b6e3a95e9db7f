/** Whether JSON text nests deeper than `max`. Linear, and without recursion, so that any text may be asked about. */
export function textDeeperThan(text: string, max: number): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '"') index = endOfString(text, index)
    else if (character === '[' || character === '{') {
      depth += 1
      if (depth > max) return true
    } else if (character === ']' || character === '}') depth -= 1
  }
  return false
}

/** Whether a parsed value nests deeper than `max`. */
export function valueDeeperThan(value: unknown, max: number): boolean {
  let level = [value].filter(isContainer)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > max) return true
    level = level.flatMap((container) => Object.values(container).filter(isContainer))
  }
  return false
}

/**
 * Levels that an event's data may nest: more than a request may carry, and far below where `JSON.stringify` runs out of
 * stack. What an event holds comes back a few levels deeper, in the text of a snapshot.
 */
export const maxEventDepth = 200

/** Whether JSON text nests too deep for the data of an event in which it stands `inside` levels down. */
export function isTooDeepForEvent(text: string, inside = 0): boolean {
  const max = maxEventDepth - inside
  // Each level opens and closes: a shorter text needs no look.
  return text.length > 2 * max && textDeeperThan(text, max)
}

/** Index of the quote that ends the string starting at `start`; the text's length if none does. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return quote
  }
  return text.length
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
