/** Fields of an event's data, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** The value if it is a string, else `null`. */
export function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The value if it is a finite number, else `null`. */
export function readNumber(value: unknown): number | null {
  // Adding 0 turns -0 into 0, which JSON would do too.
  return Number.isFinite(value) ? (value as number) + 0 : null
}

/** The value if it is one of `choices`, else `null`. */
export function readChoice<Choice extends string>(
  value: unknown,
  ...choices: readonly Choice[]
): Choice | null {
  return choices.find((choice) => choice === value) ?? null
}

/**
 * What was read of a field without which its event means nothing. Ask before the draft is changed.
 *
 * @throws TypeError when it is missing; `reduceEvents` then skips the event
 */
export function required<Value>(value: Value | null): Value {
  if (value === null) throw TypeError()
  return value
}
