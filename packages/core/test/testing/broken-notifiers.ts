import type { TaskNotifier } from '../../src/store/index.ts'

/** A notifier that breaks one promise. */
export interface BrokenNotifier {
  /** Part of the title of a test that must find it out. */
  foundBy: string
  /** Wraps a sound notifier. */
  damage: (notifier: TaskNotifier) => Partial<TaskNotifier>
}

/** Notifiers with one defect each, by the promise that they break. */
export const brokenNotifiers: Readonly<Record<string, BrokenNotifier>> = {
  'says nothing when a subscription is live': {
    foundBy: 'calls onHint once when the subscription is live',
    damage: (notifier) => ({
      subscribe(hint, onHint) {
        let calls = 0
        return notifier.subscribe(hint, () => {
          if (calls++ > 0) onHint()
        })
      },
    }),
  },
  'calls a subscriber from within subscribe': {
    foundBy: 'calls onHint once when the subscription is live',
    damage: (notifier) => ({
      subscribe(hint, onHint) {
        onHint()
        return notifier.subscribe(hint, onHint)
      },
    }),
  },
  'calls subscribers from within publish': {
    foundBy: 'never runs a subscriber before publish has returned',
    damage(notifier) {
      const subscribers = new Set<() => void>()
      return {
        subscribe(hint, onHint) {
          subscribers.add(onHint)
          return notifier.subscribe(hint, onHint)
        },
        publish: () => {
          for (const onHint of subscribers) onHint()
        },
      }
    },
  },
  'tells everybody everything': {
    foundBy: 'and to nobody else',
    damage: (notifier) => ({
      subscribe: (_, onHint) => notifier.subscribe('work:all', onHint),
      publish: () => notifier.publish(['work:all']),
    }),
  },
  'drops hints': {
    foundBy: 'carries a hint to every subscriber',
    damage: () => ({ publish: () => {} }),
  },
  'sends every hint on its own': {
    foundBy: 'merges what is published in one tick',
    damage: (notifier) => ({
      publish(hints) {
        for (const hint of hints) setImmediate(() => notifier.publish([hint]))
      },
    }),
  },
  'goes on after the end of a subscription': {
    foundBy: 'calls nobody after the end of a subscription',
    damage: (notifier) => ({
      subscribe(hint, onHint) {
        notifier.subscribe(hint, onHint)
        return () => {}
      },
    }),
  },
  'ends a function, not a subscription': {
    foundBy: 'counts a function that subscribed twice',
    damage(notifier) {
      const subscribed = new Set<() => void>()
      return {
        subscribe(hint, onHint) {
          if (subscribed.has(onHint)) return () => {}
          subscribed.add(onHint)
          return notifier.subscribe(hint, onHint)
        },
      }
    },
  },
  'lets a subscriber that throws end its own subscription': {
    foundBy: 'keeps a subscriber that throws from harming anyone',
    damage: (notifier) => ({
      subscribe(hint, onHint) {
        const end = notifier.subscribe(hint, () => {
          try {
            onHint()
          } catch (error) {
            end()
            throw error
          }
        })
        return end
      },
    }),
  },
  'goes on after it was closed': {
    foundBy: 'is silent once it is closed',
    damage: () => ({ close: async () => {} }),
  },
  'throws when it is published to after its end': {
    foundBy: 'is silent once it is closed',
    damage(notifier) {
      let closed = false
      return {
        publish(hints) {
          if (closed) throw new Error('closed')
          notifier.publish(hints)
        },
        async close() {
          closed = true
          await notifier.close()
        },
      }
    },
  },
  'says nothing after a reconnect': {
    foundBy: 'calls onHint again after a reconnect',
    damage: () => ({}),
  },
}
