/**
 * Yields what the iterable yields until the signal fires, then lets go of it at once. A plain `for await` would
 * wait for a source that was not given the signal, such as a model that is thinking.
 */
export async function* untilAborted<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let wake = (): void => {}
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  let exhausted = false
  try {
    while (!signal.aborted) {
      // Not `Promise.race` with one long-lived promise: that one would keep every item until the end.
      const next = await new Promise<IteratorResult<Item> | null>((resolve, reject) => {
        wake = () => resolve(null)
        iterator.next().then(resolve, reject)
      })
      if (next === null) return
      exhausted = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Not awaited: a generator that is stuck in its `next()` would hold us here, and its failure to clean up
    // has nobody left to concern.
    if (!exhausted) Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}
