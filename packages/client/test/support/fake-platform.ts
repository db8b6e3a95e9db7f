import type { Platform } from '../../src/platform/platform.ts'

/** A platform whose user comes and goes when told to. */
export class FakePlatform implements Platform {
  visible = true
  readonly listeners: Set<() => void> = new Set()

  isVisible(): boolean {
    return this.visible
  }

  onWake(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  wake(): void {
    for (const listener of this.listeners) listener()
  }
}
