import type { InputOutcome } from '../protocol/index.ts'

/** So many questions are remembered: an answer that comes later than that finds no question, rather than a closed one. */
const maxInputs = 200

/** Characters of their JSON: ids may be long, and they are written with every carry. */
const maxLength = 8_000

/** Characters of an entry beside its id. */
const entryLength = ':"answered",'.length

/** How the latest questions ended, this one included. */
export function withClosed(
  before: Readonly<Record<string, InputOutcome>>,
  id: string,
  outcome: InputOutcome,
): Readonly<Record<string, InputOutcome>> {
  const others = Object.entries(before).filter(([other]) => other !== id)
  let first = others.length
  let left = maxLength - lengthOf(id)
  for (; first > 0 && others.length - first < maxInputs - 1; first--) {
    left -= lengthOf(others[first - 1]?.[0] ?? '')
    if (left < 0) break
  }
  return Object.fromEntries([...others.slice(first), [id, outcome]])
}

const lengthOf = (id: string): number => JSON.stringify(id).length + entryLength
