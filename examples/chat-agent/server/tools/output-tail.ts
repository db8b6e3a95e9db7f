/** Least milliseconds between two reports of a running program's output; a screen shows no more. */
const reportEveryMs = 250

/** The end of a program's output. */
interface OutputTail {
  add(text: string): void
  text(): string
  /** Reports what was not reported yet: the program has ended, or is being ended. */
  end(): void
}

/**
 * Keeps the end of a program's output, which is where test runners and compilers put what matters, and reports
 * it while it grows.
 */
export function tailOf(maxLength: number, report: (text: string) => void): OutputTail {
  let text = ''
  let cut = false
  let reportedAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | null = null
  const shown = (): string => (cut ? `… earlier output left out\n${text}` : text)
  const tell = (): void => {
    timer = null
    reportedAt = performance.now()
    report(shown())
  }
  return {
    add(more) {
      text += more
      if (text.length > maxLength) {
        const kept = text.slice(-maxLength)
        // From the beginning of a line on.
        text = kept.slice(kept.indexOf('\n') + 1)
        cut = true
      }
      if (timer !== null) return
      const waitMs = reportedAt + reportEveryMs - performance.now()
      if (waitMs <= 0) tell()
      // A program that falls silent right after its last words must not keep them to itself.
      else timer = setTimeout(tell, waitMs)
    },
    text: shown,
    end() {
      if (timer === null) return
      clearTimeout(timer)
      tell()
    },
  }
}
