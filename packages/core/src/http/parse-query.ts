/** The values of each parameter of a query, in the order in which they came. */
export type Query = ReadonlyMap<string, readonly string[]>

/** Parses the query of a URL, without its question mark, as `URLSearchParams` does. */
export function parseQuery(text: string): Query {
  const query = new Map<string, string[]>()
  if (text === '') return query
  if (text.includes('%') || text.includes('+')) {
    // It would take a leading question mark of the text for the one that begins a query.
    for (const [name, value] of new URLSearchParams(`?${text}`)) add(query, name, value)
    return query
  }
  // A cursor and the like: nothing to decode, and a `URLSearchParams` would cost as much as the rest of a poll.
  for (const part of text.split('&')) {
    const middle = part.indexOf('=')
    if (middle !== -1) add(query, part.slice(0, middle), part.slice(middle + 1))
    else if (part !== '') add(query, part, '')
  }
  return query
}

function add(query: Map<string, string[]>, name: string, value: string): void {
  const values = query.get(name)
  if (values === undefined) query.set(name, [value])
  else values.push(value)
}
