import { TaskError } from './errors.ts'

/**
 * Fills in the defaults of options that are all numbers, and refuses what could not work: a bound that is no number
 * would bound nothing, and a name that is misspelt would be without effect, and nobody would notice.
 *
 * @param what how the options are called in a refusal, such as `limit`
 * @param rules the smallest value of each that may not be 0; whether `Infinity` is refused
 * @throws TaskError `invalid_definition`
 */
export function checkedNumbers<Name extends string>(
  what: string,
  known: Readonly<Record<Name, number>>,
  given: Readonly<Partial<Record<Name, number | undefined>>> | undefined,
  { least, finite = false }: { least?: Readonly<Partial<Record<Name, number>>>; finite?: boolean } = {},
): Record<Name, number> {
  const checked: Record<Name, number> = { ...known }
  for (const [name, value] of Object.entries<number | undefined>(given ?? {})) {
    if (!isKnown(name)) {
      const names = Object.keys(known).join(', ')
      throw new TaskError('invalid_definition', `There is no ${what} "${name}"; known are: ${names}.`)
    }
    if (value === undefined) continue
    const floor = least?.[name] ?? 0
    if (typeof value !== 'number' || !(value >= floor) || (finite && value === Number.POSITIVE_INFINITY)) {
      throw new TaskError(
        'invalid_definition',
        `The ${what} ${name} must be a number of at least ${floor}, not ${String(value)}.`,
      )
    }
    checked[name] = value
  }
  return checked

  function isKnown(name: string): name is Name {
    return Object.hasOwn(known, name)
  }
}

/**
 * Refuses options that are not among the known ones.
 *
 * @throws TaskError `invalid_definition`
 */
export function checkNames(what: string, given: object, known: readonly string[]): void {
  const misspelt = Object.keys(given).find((name) => !known.includes(name))
  if (misspelt === undefined) return
  throw new TaskError(
    'invalid_definition',
    `There is no ${what} "${misspelt}"; known are: ${known.join(', ')}.`,
  )
}
