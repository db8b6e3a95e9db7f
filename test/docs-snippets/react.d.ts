// The client guide shows a hook; React itself is no dependency of this repository yet.
declare module 'react' {
  export function useEffect(effect: () => undefined | (() => void), dependencies: readonly unknown[]): void
  export function useMemo<Value>(make: () => Value, dependencies: readonly unknown[]): Value
  export function useSyncExternalStore<Snapshot>(
    subscribe: (changed: () => void) => () => void,
    getSnapshot: () => Snapshot,
    getServerSnapshot?: () => Snapshot,
  ): Snapshot
}
