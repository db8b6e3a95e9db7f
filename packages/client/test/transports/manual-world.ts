import type { TaskClientError } from '../../src/errors.ts'
import type { Clock } from '../../src/platform/index.ts'
import type { Connection, Transport, TransportInfo } from '../../src/transports/index.ts'
import { type Move, moves } from '../../src/transports/polling/moves.ts'
import type { Phase } from '../../src/transports/polling/turn.ts'
import { FakePlatform } from '../support/fake-platform.ts'

/** A clock that knows what it was asked to wait for. */
export class ManualClock implements Clock {
  time = 1_767_225_600_000
  timers: { ms: number; callback: () => void }[] = []

  now(): number {
    return this.time
  }

  schedule(callback: () => void, ms: number): () => void {
    const timer = { ms, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((other) => other !== timer)
    }
  }
}

/** Something that was asked for, and is answered, or fails, when the test says so. */
export class Asked<Answer> {
  readonly signal: AbortSignal
  readonly promise: Promise<Answer>
  isSettled = false
  #resolve: (answer: Answer) => void = () => {}
  #reject: (thrown: unknown) => void = () => {}

  constructor(signal: AbortSignal) {
    this.signal = signal
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isOpen(): boolean {
    return !this.isSettled && !this.signal.aborted
  }

  answer(answer: Answer): void {
    this.isSettled = true
    this.#resolve(answer)
  }

  fail(thrown: unknown): void {
    this.isSettled = true
    this.#reject(thrown)
  }
}

/** What a watcher was told. */
export interface Report {
  connection: Connection
  error: TaskClientError | null
  via: TransportInfo | undefined
}

/** Time, platform and reports of one transport that is driven by hand. */
export class ManualWorld {
  readonly clock: ManualClock = new ManualClock()
  readonly platform: FakePlatform = new FakePlatform()
  readonly reports: Report[] = []
  random = 0.5
  /** What a watcher does when it is told something. */
  onReport: (connection: Connection) => void = () => {}

  get report(): Report | undefined {
    return this.reports.at(-1)
  }

  readonly tell = (connection: Connection, error: TaskClientError | null, via?: TransportInfo): void => {
    this.reports.push({ connection, error, via })
    this.onReport(connection)
  }

  /** The one timer that is waiting; `undefined` when there is none. */
  get timer(): { ms: number; callback: () => void } | undefined {
    const [timer, ...others] = this.clock.timers
    if (others.length > 0) throw new Error('More than one timer is waiting.')
    return timer
  }

  /** Lets the one timer that is waiting fire, at its time. */
  async fire(): Promise<void> {
    const { timer } = this
    if (timer === undefined) throw new Error('No timer is waiting.')
    this.clock.timers = []
    this.clock.time += timer.ms
    timer.callback()
    await settled()
  }
}

/** Lets everything happen that waits for promises alone. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 8; round++) await null
}

/** Every phase with every move, and the phase that it leads to, as the table says. */
export const everyMove: readonly (readonly [phase: Phase, move: Move, next: Phase | undefined])[] = (
  Object.keys(moves) as Phase[]
).flatMap((phase) =>
  (['start', 'stop', 'wake', 'look'] as const).map((move) => [phase, move, moves[phase][move]] as const),
)

/** Makes one move: from the host, or on the transport. */
export function make(move: Move, { loop, platform }: { loop: Transport; platform: FakePlatform }): void {
  if (move === 'wake') platform.wake()
  else if (move === 'look') loop.wake()
  else loop[move]()
}
