import type { TaskDraft } from '../../store/index.ts'

/** The first sweep waits for this many keys; later ones until they have doubled. */
const firstSweep = 1_024

/** What a key was used for. */
export interface UsedKey {
  readonly taskId: string
  readonly bodyHash: string
  readonly expiresAt: number
}

/** Which keys were used, and for which task; a key outlives its task until it expires. */
export class IdempotencyKeys {
  readonly #used: Map<string, UsedKey> = new Map()
  #sweepAt = firstSweep

  /** Keys held, expired ones included until the next sweep. */
  get size(): number {
    return this.#used.size
  }

  /** The use of the draft's key that has not expired. */
  find(draft: TaskDraft, now: number): UsedKey | null {
    const used = draft.idempotency === null ? undefined : this.#used.get(keyOf(draft, draft.idempotency.key))
    return used !== undefined && used.expiresAt > now ? used : null
  }

  /** Notes that the draft's key, if it has one, led to a task. */
  use(draft: TaskDraft, taskId: string, now: number): void {
    if (draft.idempotency === null) return
    const { key, bodyHash, ttlMs } = draft.idempotency
    this.#used.set(keyOf(draft, key), { taskId, bodyHash, expiresAt: now + ttlMs })
    if (this.#used.size >= this.#sweepAt) this.#sweep(now)
  }

  #sweep(now: number): void {
    for (const [key, used] of this.#used) if (used.expiresAt <= now) this.#used.delete(key)
    this.#sweepAt = Math.max(firstSweep, this.#used.size * 2)
  }
}

/** Parts joined so that no two triples make one text, whatever is in them. */
function keyOf(draft: TaskDraft, key: string): string {
  return JSON.stringify([draft.userId, draft.type, key])
}
