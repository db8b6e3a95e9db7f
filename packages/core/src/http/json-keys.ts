import { endOfString } from '../json-depth.ts'

/** No key takes less: `"":0,`. */
const leastBytesOfKey = 5

/** Whether JSON text has more keys than `max`, in all its objects together. Linear, whatever the text. */
export function textHasMoreKeys(text: string, max: number): boolean {
  if (text.length < max * leastBytesOfKey) return false
  let keys = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '"') index = endOfString(text, index)
    else if (character === ':' && ++keys > max) return true
  }
  return false
}

/** Whether a parsed value has more keys than `max`, in all its objects together. */
export function valueHasMoreKeys(value: unknown, max: number): boolean {
  let keys = 0
  const open: unknown[] = [value]
  while (open.length > 0) {
    const container = open.pop()
    if (typeof container !== 'object' || container === null) continue
    const values: unknown[] = Object.values(container)
    if (!Array.isArray(container)) keys += values.length
    if (keys > max) return true
    for (const item of values) open.push(item)
  }
  return false
}
