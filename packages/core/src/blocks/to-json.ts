// Far above what a request may carry, far below where `JSON.stringify` runs out of stack. A fixed number, since
// a limit that moves with the stack would make two folds of one log differ.
const maxDepth = 200

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  if (value === null) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  // `Array.from` makes holes visible; `every` and `Object.values` step over them.
  const items =
    prototype === Array.prototype
      ? Array.from(value as ArrayLike<unknown>)
      : prototype === Object.prototype && Object.values(value)
  return items && depth > 0 && items.every((item) => isJson(item, depth - 1))
}

/**
 * The value as it looks after `JSON.stringify` and `JSON.parse`: itself, not a copy, when it is plain JSON already
 * (all that a stored log holds); `null` when it is absent, JSON cannot hold it or it is nested more than 200 deep.
 */
export function toJson(value: unknown = null): unknown {
  try {
    if (isJson(value, maxDepth)) return value
    const copy: unknown = JSON.parse(JSON.stringify(value))
    return isJson(copy, maxDepth) ? copy : null
  } catch {
    // A function, a cycle, a bigint, a getter that throws: there is no JSON for it.
    return null
  }
}
