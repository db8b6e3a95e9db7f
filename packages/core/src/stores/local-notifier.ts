import { SmallSet } from '../small-set.ts'
import type { Hint, TaskNotifier } from '../store/index.ts'

/** Options of {@link localNotifier}. */
export interface LocalNotifierOptions {
  /** Takes what a subscriber throws. Default: a process warning. */
  onError?: (error: unknown, context: { stage: 'notifier' }) => void
}

interface Subscription {
  readonly hint: Hint
  readonly onHint: () => void
}

const settled = Promise.resolve()

/**
 * Carries hints within this process. Everything published in one tick is merged and delivered in a microtask, so that
 * a publisher never runs a subscriber's code, however many events it writes.
 */
export function localNotifier(options: LocalNotifierOptions = {}): TaskNotifier {
  const onError = options.onError ?? warn
  const subscriptions = new Map<Hint, SmallSet<Subscription>>()
  let hints = new Set<Hint>()
  let newcomers = new Set<Subscription>()
  let scheduled = false
  let closed = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // It comes with every commit, and queueMicrotask would make an async resource of each.
    void settled.then(deliver)
  }

  function deliver(): void {
    const due = newcomers
    for (const hint of hints) for (const subscription of subscriptions.get(hint) ?? []) due.add(subscription)
    hints = new Set()
    newcomers = new Set()
    scheduled = false
    const errors: unknown[] = []
    for (const subscription of due) {
      // It may have ended since, perhaps by the hand of one that was called just before.
      if (!subscriptions.get(subscription.hint)?.has(subscription)) continue
      try {
        subscription.onHint()
      } catch (error) {
        errors.push(error)
      }
    }
    // Last, so that not even a handler that throws keeps a hint from anyone.
    for (const error of errors) onError(error, { stage: 'notifier' })
  }

  function unsubscribe(subscription: Subscription): void {
    const siblings = subscriptions.get(subscription.hint)
    siblings?.delete(subscription)
    if (siblings?.size === 0) subscriptions.delete(subscription.hint)
  }

  return {
    publish(published) {
      for (const hint of published) if (subscriptions.has(hint)) hints.add(hint)
      if (hints.size > 0) schedule()
    },
    subscribe(hint, onHint) {
      const subscription: Subscription = { hint, onHint }
      if (closed) return () => {}
      const siblings = subscriptions.get(hint) ?? new SmallSet<Subscription>()
      subscriptions.set(hint, siblings)
      siblings.add(subscription)
      newcomers.add(subscription)
      schedule()
      return () => unsubscribe(subscription)
    },
    async close() {
      closed = true
      subscriptions.clear()
    },
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
