/**
 * Writes a JSON value the way people read it: texts as they are, with their line breaks, fields as `name: value`,
 * lists one entry a line.
 */
export function readable(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return String(value)
  const indent = '  '.repeat(depth)
  const entries = Array.isArray(value)
    ? value.map((entry): [string, unknown] => ['-', entry])
    : Object.entries(value).map(([name, entry]): [string, unknown] => [`${name}:`, entry])
  if (entries.length === 0) return Array.isArray(value) ? '(none)' : '(empty)'
  return entries.map(([label, entry]) => `${indent}${label}${readableEntry(entry, depth)}`).join('\n')
}

function readableEntry(entry: unknown, depth: number): string {
  const isNested = typeof entry === 'object' && entry !== null && Object.keys(entry).length > 0
  const text = readable(entry, depth + 1)
  return isNested || text.includes('\n') ? `\n${text}` : ` ${text}`
}
