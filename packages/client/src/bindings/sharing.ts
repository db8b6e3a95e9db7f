/** What observers have in common: a store as `useSyncExternalStore` wants it. */
export interface Observable<Snapshot> {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => Snapshot
}

/** One consumer's view of an observer that others may follow too. Its functions need no `this`. */
export interface Shared<Snapshot, Observer extends Observable<Snapshot>> extends Observable<Snapshot> {
  /** What was known before anything was read here: what a server shows, and a page that takes over from one. */
  readonly getServerSnapshot: () => Snapshot
  /** The observer that everybody follows; before the first `subscribe` perhaps only a candidate for that. */
  readonly current: () => Observer
}

interface Entry<Observer> {
  readonly observer: Observer
  users: number
}

/**
 * Lets all that follow the same thing of the same owner share one observer, as long as anybody listens. Nothing is
 * kept for those that never listen: a render that is thrown away, or one on a server.
 *
 * @returns a function of the owner (the client), the name of what is followed, and an observer of it that nobody
 * listens to yet; that one is used unless there is one with listeners
 */
export function sharing<Snapshot, Observer extends Observable<Snapshot>>(): (
  owner: object,
  name: string,
  fresh: Observer,
) => Shared<Snapshot, Observer> {
  const owners = new WeakMap<object, Map<string, Entry<Observer>>>()

  return (owner, name, fresh) => {
    const entries = owners.get(owner) ?? new Map<string, Entry<Observer>>()
    owners.set(owner, entries)
    const first = fresh.getSnapshot()
    // As long as it has users it is the one of all, and no other takes its place.
    let entry = entries.get(name) ?? { observer: fresh, users: 0 }

    return {
      subscribe(listener) {
        entry = entries.get(name) ?? entry
        entries.set(name, entry)
        entry.users++
        let here = true
        const leave = entry.observer.subscribe(() => here && listener())
        return () => {
          // StrictMode, a moved list row and a change of routes leave and come back at once: the reading goes on.
          if (here) {
            queueMicrotask(() => {
              leave()
              if (--entry.users === 0) entries.delete(name)
            })
          }
          here = false
        }
      },
      getSnapshot: () => entry.observer.getSnapshot(),
      getServerSnapshot: () => first,
      current: () => entry.observer,
    }
  }
}
