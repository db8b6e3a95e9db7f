import { isVisible, onVisible } from './focus.ts'
import { onFrame } from './frame.ts'
import { onOnline } from './online.ts'

/** What the host knows about its user, its network and its screen. */
export interface Platform {
  /** Whether somebody can see the page; a hidden one asks less often. */
  isVisible(): boolean
  /** Calls `listener` when waiting on makes no sense any more: visible again, online again. The answer ends that. */
  onWake(listener: () => void): () => void
  /**
   * Calls `callback` once, before the next paint, or at once where nothing is painted. The answer cancels it. MUST call
   * it within a short time even when no frame comes: a screen waits for it.
   */
  onFrame(callback: () => void): () => void
}

/** The platform of browsers; in Node and in workers always visible, and never woken. */
export const hostPlatform: Platform = {
  isVisible,
  onWake(listener) {
    const ends = [onVisible(listener), onOnline(listener)]
    return () => {
      for (const end of ends) end()
    }
  },
  onFrame,
}
