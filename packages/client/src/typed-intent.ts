const perCharacterMs = 20
const shortestMs = 500
const longestMs = 1_000

/**
 * What of a tool's intent is shown while it is typed out, which takes 0.5 to 1 s by its length. Pass the milliseconds
 * since the tool appeared; for a tool below the watermark `Infinity`, as nothing that was there before animates.
 *
 * @example
 * const isNew = block.start >= snapshot.watermark
 * const shown = typedIntent(block.intent ?? '', isNew ? now - appearedAt : Infinity)
 */
export function typedIntent(intent: string, elapsedMs: number): string {
  const characters = Array.from(intent) // Whole ones: half of an emoji is a box with a question mark.
  const lengthMs = Math.min(Math.max(characters.length * perCharacterMs, shortestMs), longestMs)
  return characters.slice(0, Math.max(0, Math.ceil((elapsedMs / lengthMs) * characters.length))).join('')
}
