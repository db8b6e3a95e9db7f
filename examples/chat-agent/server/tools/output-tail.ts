/** Least milliseconds between two reports of a running program's output; a screen shows no more. */
const reportEveryMs = 250

/**
 * Keeps the end of a program's output, which is where test runners and compilers put what matters, and reports
 * it while it grows.
 */
export function tailOf(
  maxLength: number,
  report: (text: string) => void,
): { add: (text: string) => void; text: () => string } {
  let text = ''
  let cut = false
  let reportedAt = Number.NEGATIVE_INFINITY
  const shown = (): string => (cut ? `… earlier output left out\n${text}` : text)
  return {
    add(more) {
      text += more
      if (text.length > maxLength) {
        const kept = text.slice(-maxLength)
        // From the beginning of a line on.
        text = kept.slice(kept.indexOf('\n') + 1)
        cut = true
      }
      if (performance.now() - reportedAt < reportEveryMs) return
      reportedAt = performance.now()
      report(shown())
    },
    text: shown,
  }
}
