import type { Clock } from './clock.ts'
import type { TaskNotifier } from './store/index.ts'

/** How a wait for a change ended. */
export type ChangeOutcome = 'changed' | 'timeout' | 'aborted'

/**
 * Waits until `isChanged` says so. Hints make it look at once; since a hint may be lost, it also looks by itself.
 *
 * @throws what `isChanged` rejects with.
 */
export function watchForChange(
  taskId: string,
  isChanged: () => Promise<boolean>,
  options: {
    notifier: TaskNotifier
    clock: Clock
    waitMs: number
    /** Milliseconds between two looks without a hint. */
    recheckMs: number
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
      // A hint that comes while the store is being asked may be news that this answer does not have yet.
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
    let cancelRecheck = (): void => {}
    const recheck = (): void => {
      cancelRecheck = clock.schedule(() => {
        void look()
        recheck()
      }, options.recheckMs)
    }
    recheck()
    undo.push(() => cancelRecheck())
    // The first hint comes as soon as the subscription is live, so nothing that changed before it is missed.
    undo.push(options.notifier.subscribe(`log:${taskId}`, () => void look()))
  })
}
