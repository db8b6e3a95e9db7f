import type { RandomIds } from '../shared/random-ids.ts'
import type { SqliteSession } from './sqlite-session.ts'

/** What the methods of one store share. */
export interface SqliteState {
  readonly session: SqliteSession
  readonly now: () => number
  readonly ids: RandomIds
}
