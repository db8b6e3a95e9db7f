import type { Platform } from '../../src/platform/platform.ts'

/** A platform whose user comes and goes, and whose screen paints, when told to. */
export class FakePlatform implements Platform {
  visible = true
  /** While true, frames wait for `paint`; else each comes at once, as in Node. */
  painting = false
  readonly listeners: Set<() => void> = new Set()
  readonly frames: Set<() => void> = new Set()

  isVisible(): boolean {
    return this.visible
  }

  onWake(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  onFrame(callback: () => void): () => void {
    const frame = (): void => callback()
    if (!this.painting) frame()
    else this.frames.add(frame)
    return () => this.frames.delete(frame)
  }

  wake(): void {
    for (const listener of this.listeners) listener()
  }

  /** Lets the frames come that are waiting. */
  paint(): void {
    const frames = [...this.frames]
    this.frames.clear()
    for (const frame of frames) frame()
  }
}
