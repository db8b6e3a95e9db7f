/** Fields of an event's data, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** The value if it is a string, else `null`. */
export function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The value if it is a finite number, else `null`. */
export function readNumber(value: unknown): number | null {
  // Adding 0 turns -0 into 0, which JSON would do too.
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : null
}

/** The value if it is one of `choices`, else `null`. */
export function readChoice<Choice extends string>(
  value: unknown,
  ...choices: readonly Choice[]
): Choice | null {
  return choices.find((choice) => choice === value) ?? null
}
