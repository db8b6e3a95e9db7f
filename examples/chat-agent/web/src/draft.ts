const draftKey = 'draft'

/** The message that was being written before the page was refreshed. */
export function readDraft(): string {
  return sessionStorage.getItem(draftKey) ?? ''
}

/** Keeps the message for a refresh, if it has room. */
export function keepDraft(text: string): void {
  try {
    sessionStorage.setItem(draftKey, text)
  } catch (thrown) {
    if (!(thrown instanceof DOMException && thrown.name === 'QuotaExceededError')) throw thrown
    // Some five million characters fit. A longer draft stays in the field; only a refresh would lose it, and an older
    // beginning of it, brought back in its place, would be worse than none.
    sessionStorage.removeItem(draftKey)
  }
}
