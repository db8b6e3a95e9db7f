import type { ToolUpdate } from '@outlast/core'

/**
 * Turns a function that reports while it runs into a generator that yields what was reported, then the result: the
 * shape in which tools of the AI SDK say something before they are done. Of several reports in a row the latest counts.
 */
export async function* withReports<Output>(
  run: (report: (update: ToolUpdate) => void) => Promise<Output>,
): AsyncGenerator<unknown, void, void> {
  const reported: unknown[] = []
  let wake: () => void = () => {}
  const result = run(({ result: interim }) => {
    if (interim === undefined) return
    reported.splice(0, reported.length, interim)
    wake()
  })
  const settled = result.then(
    () => true,
    () => true,
  )
  for (;;) {
    const isSettled = await Promise.race([
      settled,
      new Promise<false>((resolve) => {
        wake = () => resolve(false)
        if (reported.length > 0) wake()
      }),
    ])
    if (isSettled) break
    yield reported.pop()
  }
  yield await result
}
