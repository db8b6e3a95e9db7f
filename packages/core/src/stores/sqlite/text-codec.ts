/**
 * SQLite's TEXT is UTF-8 and, in some drivers, ends at the first NUL. Strings of JavaScript may hold NUL and lone
 * surrogates; those are written as an escape and four hexadecimal digits. The escape is one of Unicode's noncharacters,
 * which hardly any text contains, so that nearly every string is stored as it is; equal strings stay equal.
 */
const escapeUnit = '\ufffe'

/** Pairs match, too: telling them from lone surrogates needs the slower expression below. */
const suspect = /[\0\ufffe\ud800-\udfff]/

/** With `u` only lone surrogates match. */
const escaped = /[\0\ufffe]|\p{Surrogate}/gu

const encoded = /\ufffe([0-9a-f]{4})/g

/** The stored form of any string. */
export function encodeText(text: string): string {
  if (!suspect.test(text)) return text
  return text.replace(escaped, (unit) => escapeUnit + unit.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The string that {@link encodeText} was given. */
export function decodeText(stored: string): string {
  if (!stored.includes(escapeUnit)) return stored
  return stored.replace(encoded, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
