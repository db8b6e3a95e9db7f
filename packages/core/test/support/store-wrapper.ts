import type { Append, AppendOutcome, TaskStore } from '../../src/store/index.ts'

/** What happens to one call of `append`: it is answered, or it fails before or after the write. */
export type AppendFault = 'none' | 'before' | 'after'

/** A store whose appends fail as told; every batch that was sent is kept. */
export function faultyAppends(
  store: TaskStore,
  faults: Iterator<AppendFault>,
): { store: TaskStore; sent: (readonly Append[])[] } {
  const sent: (readonly Append[])[] = []
  const append = async (batch: readonly Append[]): Promise<readonly AppendOutcome[]> => {
    sent.push(batch)
    const fault = faults.next().value ?? 'none'
    if (fault === 'before') throw new Error('the store is away')
    const outcomes = await store.append(batch)
    if (fault === 'after') throw new Error('the answer was lost')
    return outcomes
  }
  return {
    sent,
    // The store's methods may live on a prototype: delegate to it, and replace one.
    store: Object.assign(Object.create(store) as TaskStore, { append }),
  }
}
