/** A `?` for each value, for `IN (…)`; with none it is empty, and SQLite takes `IN ()` for "in nothing". */
export function placeholders(values: readonly unknown[]): string {
  return Array(values.length).fill('?').join(', ')
}
