import type { Clock } from './clock.ts'

/** How a wait for a change ended. */
export type ChangeOutcome = 'changed' | 'timeout' | 'aborted'

/**
 * Waits until `isChanged` says so, which is asked whenever there may be news.
 *
 * @throws what `isChanged` rejects with.
 */
export function watchForChange(
  isChanged: () => Promise<boolean>,
  options: {
    /** Calls back whenever there may be news; answers how to stop. */
    watch(onNews: () => void): () => void
    clock: Clock
    waitMs: number
    signal?: AbortSignal | undefined
    /** The wait adds itself here, to be called off together with others. A set, for a signal warns of many listeners. */
    onClose: Set<() => void>
  },
): Promise<ChangeOutcome> {
  const { clock, signal } = options
  return new Promise((resolve, reject) => {
    let isOver = false
    let isLooking = false
    let lookAgain = false
    const undo: (() => void)[] = []
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      for (const step of undo) step()
      settle()
    }
    const look = async (): Promise<void> => {
      // News that come while the store is being asked may be newer than its answer.
      lookAgain = true
      if (isLooking) return
      isLooking = true
      try {
        while (lookAgain && !isOver) {
          lookAgain = false
          if (await isChanged()) end(() => resolve('changed'))
        }
      } catch (error) {
        end(() => reject(error))
      } finally {
        isLooking = false
      }
    }
    const onAbort = (): void => end(() => resolve('aborted'))
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    undo.push(() => signal?.removeEventListener('abort', onAbort))
    options.onClose.add(onAbort)
    undo.push(() => options.onClose.delete(onAbort))
    undo.push(clock.schedule(() => end(() => resolve('timeout')), options.waitMs))
    // It calls once as soon as it is live, so nothing that changed before is missed.
    undo.push(options.watch(() => void look()))
  })
}
