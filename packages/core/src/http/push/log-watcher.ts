import type { Frame } from './frame.ts'

/** One reader of one log: where it stands, and the way to it. */
export interface LogWatcher {
  /** The idx that it is to be sent next. */
  cursor: number
  /** The epoch of its cursor; `null`: whatever the log has. */
  epoch: string | null
  /** Names of the folds whose snapshots it takes; `null`: none. */
  readonly folds: readonly string[] | null
  /** What it was last told of the task's own state; empty before the first time. */
  told: string
  readonly isClosed: boolean
  send(frame: Frame): void
  /** Resolves when so little of what was sent waits that a page more may follow, or when nothing can be sent. */
  drained(): Promise<void>
  /** It has been sent everything there is; from here on it is sent what comes. */
  onCaughtUp(): void
  /** Everything has been sent, the end included. */
  onEnd(): void
  /** Nothing more can be sent, for this reason. */
  onFailure(error: unknown): void
}
