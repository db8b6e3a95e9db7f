/**
 * Closes what is open in the last line of a text that is still coming, so that half of a bold word is bold from its first
 * letter, and no mark flickers past.
 */
export function closeMarks(text: string): string {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  const isInFence = lines.filter((line) => /^ {0,3}`{3,}/.test(line)).length % 2 === 1
  if (isInFence || /^ {0,3}`{3,}/.test(last)) return text
  // A mark at the very end has not yet shown whether it opens or closes.
  const bare = last.replace(/(?<=^|\s)[*`]+$/, '')
  const isCodeOpen = (bare.match(/`/g)?.length ?? 0) % 2 === 1
  const isBoldOpen = (bare.replace(/`[^`]*`/g, '').match(/\*\*/g)?.length ?? 0) % 2 === 1
  const closed = isCodeOpen
    ? `${bare}\``
    : isBoldOpen
      ? `${bare.replace(/(\*\*.*?)\*$/, '$1').trimEnd()}**`
      : bare
  return [...lines, closed].join('\n')
}
