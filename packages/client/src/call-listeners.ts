/**
 * Calls those who listen now and have not left meanwhile: one that joins during the round has seen what the round is
 * about. A broken listener must not silence the others, nor stop whoever calls; its error surfaces as uncaught.
 */
export function callListeners<Args extends readonly unknown[]>(
  listeners: ReadonlySet<(...args: Args) => void>,
  ...args: Args
): void {
  for (const listener of [...listeners]) {
    try {
      if (listeners.has(listener)) listener(...args)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
