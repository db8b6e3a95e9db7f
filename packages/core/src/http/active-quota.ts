import { TaskError } from '../errors.ts'
import type { TaskStatus } from '../protocol/index.ts'
import type { RoutedManager } from './handler-options.ts'

/** The statuses that are not final. */
export const activeStatuses: readonly TaskStatus[] = ['pending', 'running', 'cancel_requested']

/** A client repeats a create within seconds; this many keys are remembered before the memory starts anew. */
const maxRemembered = 10_000

/** A create that wants a place. */
export interface QuotaRequest {
  userId: string
  /** The type and the idempotency key; `null` without one. */
  key: string | null
}

/**
 * Bounds the active tasks of each user. One user's creates pass one at a time, so that the bound holds exactly in one
 * process; of several processes, each may let one create too many pass at the same moment.
 */
export class ActiveQuota {
  readonly #manager: Pick<RoutedManager, 'list'>
  readonly #max: number
  /** The end of each user's line. */
  readonly #lines: Map<string, Promise<unknown>> = new Map()
  readonly #remembered: Set<string> = new Set()

  constructor(manager: Pick<RoutedManager, 'list'>, max: number) {
    this.#manager = manager
    this.#max = max
  }

  /**
   * Creates, if the user has room for one more task.
   *
   * @throws TaskError `quota_reached`, and what `create` throws
   */
  async create<Created>(request: QuotaRequest, create: () => Promise<Created>): Promise<Created> {
    if (this.#max === Number.POSITIVE_INFINITY) return create()
    const before = this.#lines.get(request.userId)
    const turn = this.#takeTurn(request, before, create)
    // Whoever is next waits for the end, however it was; the caller is told of it.
    const end = turn.then(noop, noop)
    this.#lines.set(request.userId, end)
    try {
      return await turn
    } finally {
      if (this.#lines.get(request.userId) === end) this.#lines.delete(request.userId)
    }
  }

  async #takeTurn<Created>(
    { userId, key }: QuotaRequest,
    before: Promise<unknown> | undefined,
    create: () => Promise<Created>,
  ): Promise<Created> {
    await before
    const identity = key === null ? null : JSON.stringify([userId, key])
    // A repeated create makes no task; only the store knows that for sure, and is asked.
    const isRepeated = identity !== null && this.#remembered.has(identity)
    if (!isRepeated) await this.#checkRoom(userId)
    const created = await create()
    if (identity !== null) this.#remember(identity)
    return created
  }

  async #checkRoom(userId: string): Promise<void> {
    const max = this.#max
    const query = { userId, status: activeStatuses, limit: Math.max(1, max) }
    const { tasks } = await this.#manager.list(query)
    if (tasks.length < max) return
    throw new TaskError(
      'quota_reached',
      `You have ${max} active tasks, which is as many as one user may have. Wait for one to end, or cancel one.`,
      { retryAfter: 5 },
    )
  }

  #remember(identity: string): void {
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.add(identity)
  }
}

function noop(): void {}
