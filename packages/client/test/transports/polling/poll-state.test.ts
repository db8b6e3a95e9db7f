import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TaskClientError } from '../../../src/errors.ts'
import {
  initialPollState,
  type PollEvent,
  type PollPhase,
  type PollState,
  pollTransition,
  pollTransitions,
} from '../../../src/transports/polling/poll-state.ts'

const visible = { hidden: false, random: 0.5 }
const hidden = { hidden: true, random: 0.5 }
const error = new TaskClientError('network_error', 'gone')
const busy = new TaskClientError('rate_limited', 'busy', { status: 429, retryAfter: 7 })

const phases: readonly PollPhase[] = ['idle', 'asking', 'waiting', 'retrying', 'held', 'done', 'failed']
const eventTypes: readonly PollEvent['type'][] = [
  'start',
  'stop',
  'wake',
  'timer',
  'page',
  'failure',
  'void',
  'refused',
]

const asking: PollState = { ...initialPollState, phase: 'asking', turn: 1 }
const page = (fields: Partial<Extract<PollEvent, { type: 'page' }>> = {}): PollEvent => ({
  type: 'page',
  turn: 1,
  fresh: true,
  advanced: true,
  continued: true,
  upToDate: true,
  finished: false,
  intervalMs: 150,
  waitedMs: null,
  ...fields,
})

/** Pages that bring nothing, each asked for after the pause that the one before led to. */
function quietDelays(pages: number, intervalMs: number): number[] {
  const delays: number[] = []
  let state = asking
  for (let count = 0; count < pages; count++) {
    state = pollTransition(state, page({ turn: state.turn, fresh: false, intervalMs }), visible)
    delays.push(state.delayMs)
    state = pollTransition(state, { type: 'timer', turn: state.turn }, visible)
  }
  return delays
}

describe('the transition table', () => {
  test('says what happens for every event in every phase', () => {
    expect(Object.keys(pollTransitions)).toEqual(phases)
    for (const phase of phases)
      expect(Object.keys(pollTransitions[phase]).sort()).toEqual([...eventTypes].sort())
  })

  // The table of the source's comment, as data: the phase that an event leads to, `null` where nothing happens.
  const table: Record<PollPhase, Record<PollEvent['type'], PollPhase | null>> = {
    idle: {
      start: 'asking',
      stop: null,
      wake: null,
      timer: null,
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
    asking: {
      start: null,
      stop: 'idle',
      wake: 'asking',
      timer: null,
      page: 'waiting',
      failure: 'retrying',
      void: 'asking',
      refused: 'failed',
    },
    waiting: {
      start: null,
      stop: 'idle',
      wake: 'asking',
      timer: 'asking',
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
    retrying: {
      start: null,
      stop: 'idle',
      wake: 'asking',
      timer: 'asking',
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
    held: {
      start: null,
      stop: 'idle',
      wake: null,
      timer: 'asking',
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
    done: {
      start: null,
      stop: null,
      wake: null,
      timer: null,
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
    failed: {
      start: 'asking',
      stop: null,
      wake: null,
      timer: null,
      page: null,
      failure: null,
      void: null,
      refused: null,
    },
  }
  const cells = phases.flatMap((phase) =>
    eventTypes.map((type) => [phase, type, table[phase][type]] as const),
  )

  test.each(cells)('%s on %s leads to %s', (phase, type, expected) => {
    const state: PollState = { ...initialPollState, phase, turn: 1 }
    const event = { ...page(), error, type } as PollEvent
    const next = pollTransition(state, event, visible)
    if (expected === null) expect(next).toBe(state)
    else expect(next).toMatchObject({ phase: expected, turn: 2 })
  })

  test.each(eventTypes.slice(3))('%s of an earlier turn changes nothing in any phase', (type) => {
    for (const phase of phases) {
      const state: PollState = { ...initialPollState, phase, turn: 5 }
      expect(
        pollTransition(state, { ...page({ turn: 4 } as never), error, type } as PollEvent, visible),
      ).toBe(state)
    }
  })
})

describe('a page', () => {
  test('that brought events is followed by another one after the interval of the server', () => {
    expect(pollTransition(asking, page(), visible)).toMatchObject({ phase: 'waiting', delayMs: 150 })
    expect(pollTransition(asking, page({ intervalMs: 400 }), visible).delayMs).toBe(400)
  })

  test('that brought nothing eases the pace to one second', () => {
    expect(quietDelays(5, 150)).toEqual([300, 600, 1_000, 1_000, 1_000])
  })

  test('never comes sooner than the server wants', () => {
    expect(quietDelays(3, 2_000)).toEqual([2_000, 2_000, 2_000])
  })

  test.each([0, -1, Number.NaN, undefined])('with the interval %s gets the default one', (intervalMs) => {
    expect(pollTransition(asking, page({ intervalMs: intervalMs as number }), visible).delayMs).toBe(150)
  })

  test('of a hidden tab is followed by another one after five seconds', () => {
    expect(pollTransition(asking, page(), hidden).delayMs).toBe(5_000)
  })

  test('that is not the last one is followed by the next at once', () => {
    const state = pollTransition(asking, page({ upToDate: false }), hidden)
    expect(state).toMatchObject({ phase: 'waiting', delayMs: 0 })
  })

  test.each([true, false])(
    'that promises more but stands still is followed after a pause (fresh: %s)',
    (fresh) => {
      const state = pollTransition(asking, page({ upToDate: false, advanced: false, fresh }), visible)
      expect(state).toMatchObject({ phase: 'waiting', delayMs: fresh ? 150 : 300 })
    },
  )

  test('of a finished task ends the polling', () => {
    expect(pollTransition(asking, page({ finished: true }), visible).phase).toBe('done')
  })
})

describe('a page that the server was asked to wait for', () => {
  const delayAfter = (fields: Parameters<typeof page>[0]): number =>
    pollTransition(asking, page(fields), visible).delayMs

  test('is followed by the next request at once', () => {
    expect(delayAfter({ waitedMs: 700 })).toBe(0)
    expect(delayAfter({ waitedMs: 25_000, fresh: false })).toBe(0)
  })

  test('that came at once with news is followed after 50 ms', () => {
    expect(delayAfter({ waitedMs: 0 })).toBe(50)
    expect(delayAfter({ waitedMs: 20 })).toBe(30)
  })

  test('that came at once without news is followed as a poll: the server does not wait', () => {
    expect(delayAfter({ waitedMs: 0, fresh: false })).toBe(300)
    expect(delayAfter({ waitedMs: 0, fresh: false, intervalMs: 2_000 })).toBe(2_000)
  })

  test('of a hidden tab is followed by another one after five seconds', () => {
    expect(pollTransition(asking, page({ waitedMs: 9_000 }), hidden).delayMs).toBe(5_000)
  })
})

describe('a failure', () => {
  test('waits anything up to 1 s · 2ⁿ, never more than 30 s', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const state = pollTransition(
            { ...asking, failures },
            { type: 'failure', turn: 1, error },
            { hidden: false, random },
          )
          expect(state.delayMs).toBeGreaterThanOrEqual(0)
          expect(state.delayMs).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** failures))
          expect(state.failures).toBe(failures + 1)
        },
      ),
    )
  })

  test('with Retry-After waits as long as the server said', () => {
    const held = pollTransition(asking, { type: 'failure', turn: 1, error: busy }, visible)
    expect(held).toMatchObject({ phase: 'held', delayMs: 7_000 })
  })

  test('is forgotten with the next page', () => {
    const state = pollTransition({ ...asking, failures: 4, error }, page(), visible)
    expect(state).toMatchObject({ failures: 0, error: null })
  })

  test('of a void cursor reads anew at once, and backs off when it happens again', () => {
    const again = pollTransition(asking, { type: 'void', turn: 1, error }, visible)
    expect(again).toMatchObject({ phase: 'asking', error: null })
    const twice = pollTransition(again, { type: 'void', turn: again.turn, error }, visible)
    expect(twice).toMatchObject({ phase: 'retrying', delayMs: 1_000, error })
  })

  test.each([
    ['from the start', { continued: false }],
    ['on the way to the end', { upToDate: false }],
  ])('of a void cursor is not forgotten with a page %s', (_, fields) => {
    const state = pollTransition({ ...asking, voids: 3 }, page(fields), visible)
    const again = pollTransition({ ...state, phase: 'asking' }, { type: 'void', turn: 2, error }, visible)
    expect(again).toMatchObject({ phase: 'retrying', delayMs: 4_000, voids: 4 })
  })

  test('of a void cursor is forgotten when the log was followed to its end', () => {
    expect(pollTransition({ ...asking, voids: 3 }, page(), visible).voids).toBe(0)
  })
})

/** What a watcher may rely on, without a word on phases. */
interface Model {
  watched: boolean
  /** `done` for ever; `failed` until somebody begins to watch again. */
  end: 'done' | 'failed' | null
  /** The log was void, and was not followed to its end since. */
  void: boolean
}

/** Carries transitions out as the loop does, and remembers every turn that ever had a request or a timer. */
class Driver {
  state = initialPollState
  requests: number[] = []
  timers: number[] = []

  send(event: PollEvent): void {
    const next = pollTransition(this.state, event, visible)
    if (next === this.state) return
    expect(next.turn).toBe(this.state.turn + 1)
    this.state = next
    if (next.phase === 'asking') this.requests.push(next.turn)
    if (['waiting', 'retrying', 'held'].includes(next.phase)) this.timers.push(next.turn)
  }

  /** Requests and timers of the present turn; those of others were ended when their turn was. */
  get live(): number {
    return [...this.requests, ...this.timers].filter((turn) => turn === this.state.turn).length
  }
}

class Send implements fc.Command<Model, Driver> {
  readonly event: PollEvent
  readonly back: number

  constructor(event: PollEvent, back: number) {
    this.event = event
    this.back = back
  }

  check(): boolean {
    return true
  }

  run(model: Model, driver: Driver): void {
    const before = driver.state
    const asked = driver.requests.length
    const { event } = this
    if ('turn' in event) {
      const turns = event.type === 'timer' ? driver.timers : driver.requests
      const turn = turns.at(-1 - this.back)
      if (turn === undefined) return
      driver.send({ ...event, turn })
      if (turn !== before.turn) expect(driver.state).toBe(before)
      else if (event.type === 'page' && event.finished) model.end = 'done'
      else if (event.type === 'refused') model.end = 'failed'
      // An answer leads to a request by way of a timer, but for one: the first that a void log is read anew with.
      const atOnce = turn === before.turn && event.type === 'void' && !model.void
      if (event.type !== 'timer') expect(driver.requests.length - asked).toBe(atOnce ? 1 : 0)
      if (turn === before.turn && event.type === 'void') model.void = true
      else if (turn === before.turn && event.type === 'page' && event.continued && event.upToDate)
        model.void = false
    } else {
      driver.send(event)
      if (event.type === 'start') model.end = model.end === 'failed' ? null : model.end
      if (event.type !== 'wake') model.watched = event.type === 'start'
      else if (before.phase === 'held') expect(driver.state).toBe(before)
    }
    // Watched, it always has exactly one thing under way; unwatched or ended, nothing.
    expect(driver.live).toBe(model.watched && model.end === null ? 1 : 0)
    if (model.end !== null) expect(driver.state.phase).toBe(model.end)
    else if (!model.watched) expect(driver.state.phase).toBe('idle')
  }

  toString(): string {
    return `${this.event.type}(${this.back})`
  }
}

test('in any order of events, a watched task has one request or one timer, and an ended one has none', () => {
  const stale = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
  const events: fc.Arbitrary<PollEvent> = fc.oneof(
    fc.constantFrom<PollEvent>(
      { type: 'start' },
      { type: 'stop' },
      { type: 'wake' },
      { type: 'timer', turn: 0 },
      { type: 'refused', turn: 0, error },
    ),
    fc.constantFrom(error, busy).map((error): PollEvent => ({ type: 'failure', turn: 0, error })),
    fc.constantFrom(error, busy).map((error): PollEvent => ({ type: 'void', turn: 0, error })),
    fc
      .record({
        fresh: fc.boolean(),
        advanced: fc.boolean(),
        continued: fc.boolean(),
        upToDate: fc.boolean(),
        finished: fc.nat(9).map((dice) => dice === 0),
        intervalMs: fc.integer({ min: -10, max: 100_000 }),
        waitedMs: fc.option(fc.nat(30_000)),
      })
      .map((fields): PollEvent => ({ type: 'page', turn: 0, ...fields })),
  )
  const commands = fc.commands([fc.tuple(events, stale).map(([event, back]) => new Send(event, back))], {
    size: 'medium',
  })
  fc.assert(
    fc.property(commands, (run) => {
      fc.modelRun(
        () => ({ model: { watched: false, end: null, void: false } as Model, real: new Driver() }),
        run,
      )
    }),
    { numRuns: 500 },
  )
})
