/**
 * What one tab does about one task. `joining`: reads it for itself, which tells who its viewer is. `following`: listens
 * to the leading tab. `behind`: listens, but missed something, and reads it for itself. `doubting`: hears nothing from
 * the leader, or sees the page while the leader's is hidden, and polls for itself. `claiming`: has read what the leader
 * should have told, and takes the lead. `leading`: reads for all. `alone`: tabs cannot be shared here.
 */
export type TabRole =
  | 'stopped'
  | 'joining'
  | 'following'
  | 'behind'
  | 'doubting'
  | 'claiming'
  | 'leading'
  | 'alone'
  | 'done'

/** What can happen to a tab. */
export type TabEvent =
  | 'start'
  | 'stop'
  /** Its own reading has reached the end of the log. */
  | 'read'
  /** The task has ended, and its whole log is here. */
  | 'end'
  /** Its own reading was refused for good. */
  | 'fail'
  /** The lock is its own. */
  | 'grant'
  /** The lock, or the wait for it, was taken from it. */
  | 'lose'
  /** The leader told of something that is not here, or the page was woken. */
  | 'miss'
  /** The leader is silent, or hidden while this tab is not. */
  | 'doubt'
  /** The leader is well. */
  | 'hear'
  /** There is nothing to share tabs by. */
  | 'part'

type Row = Readonly<Partial<Record<TabEvent, TabRole>>>

const ends: Row = { stop: 'stopped', end: 'done', fail: 'stopped' }
const waits: Row = { ...ends, grant: 'leading', lose: 'alone' }

/**
 * The role that an event leads to; where none stands, nothing happens.
 *
 * | role      | start   | stop    | read      | end  | fail    | grant   | lose      | miss   | doubt    | hear   | part  |
 * |-----------|---------|---------|-----------|------|---------|---------|-----------|--------|----------|--------|-------|
 * | stopped   | joining | –       | –         | –    | –       | –       | –         | –      | –        | –      | –     |
 * | joining   | –       | stopped | following | done | stopped | –       | –         | –      | –        | –      | alone |
 * | following | –       | stopped | –         | done | stopped | leading | alone     | behind | doubting | –      | –     |
 * | behind    | –       | stopped | following | done | stopped | leading | alone     | –      | doubting | –      | –     |
 * | doubting  | –       | stopped | claiming  | done | stopped | leading | alone     | –      | –        | behind | –     |
 * | claiming  | –       | stopped | –         | done | stopped | leading | alone     | –      | –        | –      | –     |
 * | leading   | –       | stopped | –         | done | stopped | –       | following | –      | –        | –      | –     |
 * | alone     | –       | stopped | –         | done | stopped | –       | –         | –      | –        | –      | –     |
 * | done      | –       | –       | –         | –    | –       | –       | –         | –      | –        | –      | –     |
 *
 * The lead is claimed only after a read of one's own went well: while the server is away, tabs that took the lead from
 * each other would help nobody. A wait for the lock is lost only where the browser refuses locks: then `alone`.
 */
export const tabRoles: Readonly<Record<TabRole, Row>> = {
  stopped: { start: 'joining' },
  joining: { ...ends, read: 'following', part: 'alone' },
  following: { ...waits, miss: 'behind', doubt: 'doubting' },
  behind: { ...waits, read: 'following', doubt: 'doubting' },
  doubting: { ...waits, read: 'claiming', hear: 'behind' },
  claiming: waits,
  leading: { ...ends, lose: 'following' },
  alone: ends,
  done: {},
}

/** What a role needs: a reading of its own, and the lock. */
export interface TabDuty {
  /** `poll`: for this tab alone. `transport`: the configured one, for all tabs where this one leads. */
  readonly reads?: 'poll' | 'transport'
  /** `steal` takes it from whoever holds it; `keep` is the one that was granted. */
  readonly lock?: 'wait' | 'steal' | 'keep'
}

/** The duties of each role. */
export const tabDuties: Readonly<Record<TabRole, TabDuty>> = {
  stopped: {},
  joining: { reads: 'poll' },
  following: { lock: 'wait' },
  behind: { reads: 'poll', lock: 'wait' },
  doubting: { reads: 'poll', lock: 'wait' },
  claiming: { reads: 'poll', lock: 'steal' },
  leading: { reads: 'transport', lock: 'keep' },
  alone: { reads: 'transport' },
  done: {},
}
