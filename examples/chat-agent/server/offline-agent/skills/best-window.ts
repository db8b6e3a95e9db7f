const height = 14

/** The lines of a text in which most of the given words meet. `first` counts from 0. */
export function bestWindow(text: string, words: readonly string[]): { first: number; text: string } {
  const lines = text.split('\n')
  const found = lines.map((line) => words.filter((word) => line.toLowerCase().includes(word)))
  let best = { first: 0, score: -1 }
  for (let first = 0; first < lines.length; first++) {
    if (first > 0 && found[first]?.length === 0) continue
    const inside = found.slice(first, first + height).flat()
    const score = new Set(inside).size * 100 + Math.min(inside.length, 20)
    if (score > best.score) best = { first, score }
  }
  // A line of context above, where the sentence or the signature often begins.
  const first = Math.max(0, best.first - 1)
  return { first, text: lines.slice(first, first + height).join('\n') }
}
