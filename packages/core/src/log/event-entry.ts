import { TaskError } from '../errors.ts'
import { isTooDeepForEvent, maxEventDepth } from '../json-depth.ts'
import type { Json } from '../store/index.ts'

/** An event that was emitted and has no number yet. */
export interface EventEntry {
  readonly type: string
  /** The data's JSON text, made once. */
  readonly json: Json
  /** The data as every reader will see it; later changes to the emitter's object do not reach it. */
  readonly data: Readonly<Record<string, unknown>>
  /** Float seconds since 1970. */
  readonly ts: number
}

/**
 * Serialises an event at the moment it is emitted.
 *
 * @throws TaskError `invalid_event` when the data has no JSON, nests too deep or is larger than `maxBytes`.
 */
export function makeEventEntry(type: string, data: object, ts: number, maxBytes: number): EventEntry {
  let json: Json | undefined
  let plain: EventEntry['data'] | null
  try {
    // What a reader sees is what was stored: every field is read once, also one with a getter.
    plain = plainCopy(data)
    json = JSON.stringify(plain ?? data)
  } catch (cause) {
    throw new TaskError('invalid_event', `The data of "${type}" cannot be serialised as JSON.`, { cause })
  }
  // A `toJSON` may answer anything, also nothing.
  if (json === undefined || json[0] !== '{') {
    throw new TaskError('invalid_event', `The data of "${type}" must serialise to a JSON object.`)
  }
  // A UTF-16 unit takes at most three bytes: the exact count is needed only near the bound.
  if (json.length * 3 > maxBytes && Buffer.byteLength(json) > maxBytes) {
    throw new TaskError(
      'invalid_event',
      `The data of "${type}" is larger than ${maxBytes} bytes; store it elsewhere and emit a reference to it.`,
    )
  }
  if (plain === null && isTooDeepForEvent(json)) {
    throw new TaskError(
      'invalid_event',
      `The data of "${type}" nests deeper than ${maxEventDepth} levels; emit something flatter, or its JSON as a text.`,
    )
  }
  return { type, json, data: plain ?? JSON.parse(json), ts }
}

/** Makes the texts of events that are stored together: what neighbours share, their type and their time, is put in words once. */
export function eventTexts(): (entry: EventEntry, idx: number) => Json {
  let lastType = ''
  let beforeData = ''
  let lastTs = Number.NaN
  let afterData = ''
  return ({ type, json, ts }, idx) => {
    if (type !== lastType) {
      lastType = type
      beforeData = `,"type":"${type}","data":`
    }
    if (ts !== lastTs) {
      lastTs = ts
      afterData = `,"ts":${ts}}`
    }
    return `{"idx":${idx}${beforeData}${json}${afterData}`
  }
}

/** A copy of a flat object of plain values, which is its own JSON; `null` for anything else. */
function plainCopy(data: object): Readonly<Record<string, unknown>> | null {
  if (Object.getPrototypeOf(data) !== Object.prototype || 'toJSON' in data) return null
  const copy: Record<string, unknown> = {}
  for (const key in data) {
    const value = (data as Record<string, unknown>)[key]
    const plain =
      typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isSafeInteger(value)
    if (!plain || key === '__proto__') return null
    // JSON knows no -0.
    copy[key] = value === 0 ? 0 : value
  }
  return copy
}
