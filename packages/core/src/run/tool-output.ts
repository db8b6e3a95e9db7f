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
  if (json !== undefined && Buffer.byteLength(json) <= maxBytes - roomForTheRest)
    return JSON.parse(json) as unknown
  return toolText(value, maxBytes)
}

function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(JSON.stringify(text)) <= maxBytes - roomForTheRest) return text
  const kept = Math.max(0, Math.floor((maxBytes - roomForTheRest) / bytesPerUnit))
  return `${text.slice(0, kept)}… (${text.length - kept} characters left out)`
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
