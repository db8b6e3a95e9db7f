import { decodeText } from './text-codec.ts'

/** A row as the driver answered it; the functions below read its columns. */
export type Row = Readonly<Record<string, unknown>>

/** Takes what a driver answered for a row. */
export function toRow(value: unknown): Row {
  if (typeof value !== 'object' || value === null) throw new TypeError('the driver answered no row')
  // A copy would cost as much as the query; every object can be read by names.
  return value as Row
}

export function textOrNull(row: Row, column: string): string | null {
  const value = row[column]
  if (value === null) return null
  if (typeof value !== 'string') throw wrongType(column, 'text', value)
  return decodeText(value)
}

export function text(row: Row, column: string): string {
  const value = textOrNull(row, column)
  if (value === null) throw wrongType(column, 'text', value)
  return value
}

/** A handle set to 64-bit integers answers `bigint`; no number of this library's leaves the safe range. */
export function numberOrNull(row: Row, column: string): number | null {
  const value = row[column]
  if (value === null || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  throw wrongType(column, 'a number', value)
}

export function number(row: Row, column: string): number {
  const value = numberOrNull(row, column)
  if (value === null) throw wrongType(column, 'a number', value)
  return value
}

/** SQLite has no booleans; 0 and 1 stand for them. */
export function flag(row: Row, column: string): boolean {
  return number(row, column) !== 0
}

function wrongType(column: string, wanted: string, value: unknown): TypeError {
  return new TypeError(`column ${column} holds ${typeof value} where ${wanted} belongs`)
}
