import type { EventQuery } from '../../store/index.ts'

/** What one read of a push transport asks for: so much a reader that is far behind is sent in one go. */
export function pageQuery(from: number, folds: readonly string[] | null): Partial<EventQuery> {
  return { from, limit: 1_000, maxBytes: 262_144, ...(folds !== null && { folds, prefer: 'smaller' }) }
}
