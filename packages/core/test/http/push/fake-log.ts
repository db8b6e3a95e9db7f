import type { TaskError } from '../../../src/errors.ts'
import type { RoutedManager } from '../../../src/http/index.ts'
import type { LifecycleListener } from '../../../src/lifecycle.ts'
import type { SocketServerMessage, TaskStatus } from '../../../src/protocol/index.ts'
import type { ReadPage, Snapshot } from '../../../src/store/index.ts'
import { recordWith } from '../records.ts'

/** One log whose every turn a test decides; it stands for the manager that feeds read from. */
export class FakeLog {
  readonly taskId = 't1'
  epoch = 'e1'
  status: TaskStatus = 'running'
  queuePosition: number | null = null
  firstIdx = 0
  snapshot: Snapshot | null = null
  /** What reads answer instead of a page. */
  failure: TaskError | null = null
  isDeleted = false
  /** Called before a read answers, at the moment it looks. */
  beforeAnswer: () => Promise<void> = async () => {}
  reads = 0
  readonly #events: string[] = []
  readonly #listeners: Set<() => void> = new Set()
  #onCommit: LifecycleListener<'events'> = () => {}
  #onStatus: LifecycleListener<'status'> = () => {}

  readonly manager: Pick<RoutedManager, 'read' | 'watch' | 'on' | 'isAlone'>

  /** @param isAlone whether nobody else can write to the log */
  constructor(isAlone = false) {
    this.manager = this.#managerThat(isAlone)
  }

  #managerThat(isAlone: boolean): FakeLog['manager'] {
    return {
      isAlone,
      read: (_taskId, query) => this.#read(query?.from ?? 0, query?.limit ?? 1_000, query?.folds ?? []),
      watch: (_taskId, onNews) => {
        const listener = (): void => onNews()
        this.#listeners.add(listener)
        queueMicrotask(() => this.#listeners.has(listener) && listener())
        return () => this.#listeners.delete(listener)
      },
      on: (name, listener) => {
        // Of what a manager tells, a feed listens to commits and changes of the status in its own process.
        if (name === 'events') this.#onCommit = listener as LifecycleListener<'events'>
        if (name === 'status') this.#onStatus = listener as LifecycleListener<'status'>
        return () => {}
      },
    }
  }

  get watchers(): number {
    return this.#listeners.size
  }

  get nextIdx(): number {
    return this.#events.length
  }

  /** Appends events and hints at it. */
  append(count: number, content = ''): void {
    this.appendSilently(count, content)
    this.hint()
  }

  appendSilently(count: number, content = ''): void {
    for (let added = 0; added < count; added++) {
      const idx = this.#events.length
      this.#events.push(JSON.stringify({ idx, type: 'text_chunk', data: { content }, ts: idx }))
    }
  }

  /** Appends events as the writer of this process does: they are told of, and then hinted at. */
  commit(count: number, type = 'text_chunk'): void {
    const from = this.#events.length
    for (let idx = from; idx < from + count; idx++) {
      this.#events.push(`{"idx":${idx},"type":"${type}","data":{},"ts":${idx}}`)
    }
    this.#onCommit(this.taskId, this.#events.slice(from), from)
    this.hint()
  }

  /** Changes the status in this process. */
  change(status: TaskStatus): void {
    this.status = status
    this.#onStatus(recordWith({ id: this.taskId, status }))
  }

  /** Changes the status of another task in this process. */
  changeOther(status: TaskStatus): void {
    this.#onStatus(recordWith({ id: 'another', status }))
  }

  end(): void {
    this.status = 'succeeded'
    this.append(1)
  }

  /** Begins anew, as a store that lost everything. */
  recreate(epoch: string): void {
    this.epoch = epoch
    this.firstIdx = 0
    this.#events.length = 0
  }

  hint(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  async #read(cursor: number, limit: number, folds: readonly string[]): Promise<ReadPage | null> {
    this.reads++
    await this.beforeAnswer()
    if (this.failure !== null) throw this.failure
    if (this.isDeleted) return null
    const { epoch, status, queuePosition, firstIdx, nextIdx } = this
    const isBehind = cursor < firstIdx
    const snapshot = isBehind && this.snapshot && folds.includes(this.snapshot.fold) ? this.snapshot : null
    const from = snapshot?.at ?? Math.max(cursor, firstIdx)
    return {
      task: recordWith({ epoch, status, queuePosition, firstIdx, nextIdx }),
      snapshot,
      from,
      events: this.#events.slice(from, from + limit),
    }
  }
}

/** A message of a socket, parsed. */
export function messageOf(bytes: Uint8Array): SocketServerMessage {
  return JSON.parse(Buffer.from(bytes).toString()) as SocketServerMessage
}
