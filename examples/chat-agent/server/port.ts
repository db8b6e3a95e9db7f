/**
 * The port that `PORT` asks for; `null` when it asks for none.
 *
 * @throws Error when it is not a port number
 */
export function portOf({ PORT }: Readonly<Record<string, string | undefined>>): number | null {
  if (!PORT) return null
  const port = Number(PORT)
  if (/^\d+$/.test(PORT) && port <= 65_535) return port
  throw new Error(`PORT is "${PORT}", but must be a number from 0 to 65535.`)
}
