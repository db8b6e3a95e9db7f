/** What has changed: a log, a signal, a user's list of tasks, or the work of a type. */
export type Hint = `log:${string}` | `signal:${string}` | `user:${string}` | `work:${string}`

/** Carries hints between readers and writers. May drop, double or reorder: nothing may be correct only because one came. */
export interface TaskNotifier {
  /** After the commit and outside its transaction; merged per tick. MUST NOT throw or wait. */
  publish(hints: readonly Hint[]): void
  /**
   * MUST call `onHint` once when the subscription is live and after every reconnect, so that what was missed is read.
   *
   * @returns ends the subscription.
   */
  subscribe(hint: Hint, onHint: () => void): () => void
  close(): Promise<void>
}
