/** Collects what a check found, and prints a line for each. */
export interface Report {
  /** Prints ✓ or ✗ with a sentence; `detail` says what was seen. */
  expect(holds: boolean, sentence: string, detail?: string): void
  failures(): number
}

/** A report that prints to the terminal. */
export function printedReport(): Report {
  let failed = 0
  return {
    expect(holds, sentence, detail) {
      if (!holds) failed++
      console.log(`${holds ? '✓' : '✗'} ${sentence}${detail === undefined ? '' : ` (${detail})`}`)
    },
    failures: () => failed,
  }
}
