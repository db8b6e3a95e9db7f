/** Fields of an event's data, of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * What was read of a field without which its event means nothing. Ask before the draft is changed.
 *
 * @throws TypeError when it is missing; the fold then skips the event
 */
export function required<Value>(value: Value | null | undefined): Value {
  if (value == null) throw TypeError()
  return value
}

/** The value if it is a string, else `null`. */
export function optionalText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The value, a string. @throws TypeError for anything else */
export function text(value: unknown): string {
  return required(optionalText(value))
}

/** The value if it is a finite number, else `null`. */
export function optionalNumber(value: unknown): number | null {
  return Number.isFinite(value) ? (value as number) : null
}

/** The value, a finite number. @throws TypeError for anything else */
export function number(value: unknown): number {
  return required(optionalNumber(value))
}

/** The value if it is one of `choices`. */
export function choice<Choice extends string>(
  value: unknown,
  ...choices: readonly Choice[]
): Choice | undefined {
  return choices.find((each) => each === value)
}
