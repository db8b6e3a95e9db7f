import type { EventQuery, Snapshot } from '../../store/index.ts'

/**
 * Whether a reader can go on from a snapshot and needs it or is better off with it. `isSmaller` says whether it has
 * fewer bytes than the events that it stands for; it is asked only where both would do.
 */
export function prefersSnapshot(
  snapshot: Pick<Snapshot, 'at' | 'fold'>,
  firstIdx: number,
  query: EventQuery,
  isSmaller: () => boolean,
): boolean {
  // One that does not reach the oldest event fits no reader: the hole behind it would look like a whole log.
  if (snapshot.at <= query.from || snapshot.at < firstIdx) return false
  if (!query.folds?.includes(snapshot.fold)) return false
  return query.from < firstIdx || (query.prefer === 'smaller' && isSmaller())
}
