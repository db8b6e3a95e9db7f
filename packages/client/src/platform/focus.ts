/** Whether somebody can see the page; always true where there is no document (Node, workers). */
export function isVisible(): boolean {
  return globalThis.document?.visibilityState !== 'hidden'
}

/** Calls `listener` whenever the page becomes visible; the answer ends that. */
export function onVisible(listener: () => void): () => void {
  const { document } = globalThis
  const changed = (): void => {
    if (isVisible()) listener()
  }
  document?.addEventListener('visibilitychange', changed)
  return () => document?.removeEventListener('visibilitychange', changed)
}
