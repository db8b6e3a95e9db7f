import type { Connection } from '@outlast/client'
import type { Block } from '@outlast/client/blocks'

/** What the page showed from some moment on. */
export interface ShownState {
  /** Milliseconds since 1970. */
  at: number
  connection: Connection
  /** Code of the connection's error, or `null`. */
  error: string | null
  nextOffset: number
  /** Name of the transport, as far as it is known. */
  transport: string | null
  /** Why it is not a better one. */
  because: string | null
  /** All text, of all text blocks. */
  text: string
}

/** The page as a test handles it: `probe` of its window. */
export interface PageProbe {
  /** Creates a task and shows it; answers its id. */
  start(message: string): Promise<string>
  /** Mounts so many more components on the one observer. */
  mount(count: number): void
  /** Takes every component down, and leaves what they drew. */
  unmount(): void
  /** What was shown so far, oldest first. */
  readonly states: readonly ShownState[]
  /** When the browser last said `visible`, `online` and so on, in milliseconds since 1970. */
  readonly marks: Readonly<Record<string, number>>
  blocks(): readonly Block[]
}

declare global {
  var probe: PageProbe
}
