import type { LeaseToken } from '../../store/index.ts'

/** A lease is taken from its owner only when it has expired and the taker has seen that it does not beat. */
export function mayTakeOver(
  held: { readonly token: LeaseToken; readonly beat: number; readonly expiresAt: number },
  seen: { token: LeaseToken; beat: number } | undefined,
  now: number,
): boolean {
  return held.expiresAt <= now && seen?.token === held.token && seen.beat === held.beat
}
