import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TaskClientError } from '../../../src/errors.ts'
import {
  initialStreamState,
  type StreamEvent,
  type StreamPhase,
  type StreamReadings,
  type StreamState,
  streamTransition,
  streamTransitions,
} from '../../../src/transports/push/stream-state.ts'

const alone: StreamReadings = { hidden: false, random: 0.5, canStepDown: false }
const choosy: StreamReadings = { ...alone, canStepDown: true }
const hidden: StreamReadings = { ...alone, hidden: true }
const error = new TaskClientError('network_error', 'gone')
const busy = new TaskClientError('rate_limited', 'busy', { status: 429, retryAfter: 7 })

type Type = StreamEvent['type']
type Lost = Extract<StreamEvent, { type: 'lost' }>

const page: StreamEvent = {
  type: 'page',
  turn: 1,
  fresh: true,
  advanced: true,
  continued: true,
  upToDate: true,
  finished: false,
  intervalMs: 150,
  waitedMs: null,
}
const lost: Lost = { type: 'lost', turn: 1, error: null, delayMs: null, because: 'unstable' }
const eventOf = (type: Type): StreamEvent =>
  ({ ...page, ...lost, error, ageMs: 0, type }) as unknown as StreamEvent

const connecting: StreamState = { ...initialStreamState, phase: 'connecting', turn: 1, caughtUp: true }
const open: StreamState = { ...connecting, phase: 'open' }
const steady: StreamState = { ...open, steady: true }

// The table of the source's comment, as data: where an event leads, when nothing else is known; nowhere if it is absent.
const waits = { stop: 'idle', wake: 'reading', look: 'reading', timer: 'reading' } as const
const table: Record<StreamPhase, Partial<Record<Type, StreamPhase>>> = {
  idle: { start: 'reading' },
  reading: {
    stop: 'idle',
    wake: 'reading',
    look: 'reading',
    page: 'connecting',
    failure: 'retrying',
    void: 'reading',
    refused: 'failed',
  },
  connecting: { stop: 'idle', wake: 'reading', void: 'reading', life: 'open', lost: 'retrying' },
  open: { stop: 'idle', wake: 'reading', void: 'reading', finished: 'done', lost: 'retrying' },
  waiting: waits,
  retrying: waits,
  held: { stop: 'idle', timer: 'reading' },
  down: {},
  done: {},
  failed: { start: 'reading' },
}
const phases = Object.keys(table) as StreamPhase[]
const types: readonly Type[] = [
  ...(['start', 'stop', 'wake', 'look', 'timer', 'page', 'failure', 'void'] as const),
  ...(['refused', 'life', 'finished', 'lost'] as const),
]

describe('the transition table', () => {
  test('says what happens for every event in every phase', () => {
    expect(Object.keys(streamTransitions).sort()).toEqual([...phases].sort())
    for (const phase of phases)
      expect(Object.keys(streamTransitions[phase]).sort()).toEqual([...types].sort())
  })

  const cells = phases.flatMap((phase) => types.map((type) => [phase, type, table[phase][type]] as const))
  test.each(cells)('%s on %s leads to %s', (phase, type, expected) => {
    const state: StreamState = { ...initialStreamState, phase, turn: 1 }
    const next = streamTransition(state, eventOf(type), alone)
    if (expected === undefined) expect(next).toBe(state)
    else expect(next).toMatchObject({ phase: expected, turn: type === 'life' ? 1 : 2 })
  })

  test('an event of an earlier turn changes nothing in any phase', () => {
    for (const phase of phases) {
      const state: StreamState = { ...initialStreamState, phase, turn: 5 }
      for (const type of types.slice(4)) expect(streamTransition(state, eventOf(type), alone)).toBe(state)
    }
  })
})

describe('a read', () => {
  const reading: StreamState = { ...initialStreamState, phase: 'reading', turn: 1 }

  test('that is not the last one is followed by the next at once, and by one that stands still after a second', () => {
    const more = { ...page, upToDate: false } as StreamEvent
    expect(streamTransition(reading, more, alone)).toMatchObject({ phase: 'waiting', delayMs: 0 })
    expect(streamTransition(reading, { ...more, advanced: false } as StreamEvent, alone).delayMs).toBe(1_000)
    const waiting = streamTransition(reading, more, alone)
    expect(streamTransition(waiting, { type: 'timer', turn: 2 }, alone).phase).toBe('reading')
  })

  test('that failed with Retry-After is held to it, whoever wakes up', () => {
    const held = streamTransition(reading, { type: 'failure', turn: 1, error: busy }, alone)
    expect(held).toMatchObject({ phase: 'held', delayMs: 7_000 })
    expect(streamTransition(held, { type: 'wake' }, alone)).toBe(held)
  })
})

describe('a connection that is lost', () => {
  const after = (state: StreamState, event: Partial<Lost>, readings = alone): StreamState =>
    streamTransition(state, { ...lost, ...event }, readings)

  test('having been steady, is come back to at once or nearly so, by its cursor', () => {
    const next = after(steady, {})
    expect(next).toMatchObject({ phase: 'waiting', delayMs: 500, caughtUp: true, error: null, troubles: 0 })
    expect(streamTransition(next, { type: 'timer', turn: 2 }, alone).phase).toBe('connecting')
    expect(after(steady, { delayMs: 0 })).toMatchObject({ phase: 'waiting', delayMs: 0 })
  })

  test('is come back to when the server said, whoever wakes up', () => {
    const held = after(steady, { delayMs: 1_700 })
    expect(held).toMatchObject({ phase: 'held', delayMs: 1_700, error: null })
    expect(streamTransition(held, { type: 'wake' }, alone)).toBe(held)
    expect(after(steady, { delayMs: 1e9 }).delayMs).toBe(30_000)
    expect(after(steady, { error: busy })).toMatchObject({ phase: 'held', delayMs: 7_000 })
  })

  test('before it was steady, is followed by a read, and by growing pauses', () => {
    let state = connecting
    for (const delayMs of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      state = streamTransition({ ...state, phase: 'connecting' }, { ...lost, turn: state.turn }, alone)
      expect(state).toMatchObject({ phase: 'waiting', delayMs, caughtUp: false })
    }
    expect(after(open, { delayMs: 0 }).delayMs).toBe(1_000)
  })

  test('is come back to after five seconds at least by a hidden page', () => {
    expect(after(steady, { delayMs: 0 }, hidden).delayMs).toBe(5_000)
  })

  test('is steady when it was heard of a second after its beginning', () => {
    const life = { type: 'life', turn: 1 } as const
    expect(streamTransition(open, { ...life, ageMs: 999 }, alone)).toBe(open)
    const proven = streamTransition({ ...open, troubles: 2, voids: 1 }, { ...life, ageMs: 1_000 }, alone)
    expect(proven).toMatchObject({ steady: true, turn: 1, troubles: 0, voids: 0 })
    expect(streamTransition(proven, { ...life, ageMs: 2_000 }, alone)).toBe(proven)
  })

  test('is left to a plainer transport, if there is one: at once when blocked or silent, else the third time', () => {
    for (const because of ['blocked', 'silent'] as const) {
      expect(after(connecting, { because, error }, choosy)).toMatchObject({ phase: 'down', because })
      expect(after(connecting, { because, error }, alone).phase).toBe('retrying')
    }
    expect(after({ ...connecting, troubles: 1 }, { error }, choosy).phase).toBe('retrying')
    expect(after({ ...connecting, troubles: 2 }, { error }, choosy)).toMatchObject({
      phase: 'down',
      because: 'unstable',
    })
    expect(after({ ...steady, troubles: 0 }, { error }, choosy).phase).toBe('retrying')
  })
})

test('a log that is void is read anew at once, and with growing pauses when that happens again', () => {
  const once = streamTransition(open, { type: 'void', turn: 1, error }, alone)
  expect(once).toMatchObject({ phase: 'reading', voids: 1, caughtUp: false })
  const twice = streamTransition({ ...open, voids: 1 }, { type: 'void', turn: 1, error }, alone)
  expect(twice).toMatchObject({ phase: 'retrying', delayMs: 1_000, error })
})

/** What a watcher may rely on, without a word on phases. */
interface Model {
  watched: boolean
  /** `done` and `down` for ever; `failed` until somebody begins to watch again. */
  end: 'done' | 'down' | 'failed' | null
}

/** Carries transitions out as the loop does. */
class Driver {
  state = initialStreamState
  /** Every turn that ever had a request, a connection or a timer. */
  readonly turns: number[] = []
  readonly readings: StreamReadings

  constructor(readings: StreamReadings) {
    this.readings = readings
  }

  send(event: StreamEvent): void {
    const before = this.state
    const next = streamTransition(before, event, this.readings)
    if (next === before) return
    this.state = next
    if (next.turn === before.turn) {
      // Only a connection that lives goes on.
      expect([before.phase, next.phase]).toEqual([expect.stringMatching(/connecting|open/), 'open'])
      return
    }
    expect(next.turn).toBe(before.turn + 1)
    expect(next.steady).toBe(false)
    if (!['idle', 'down', 'done', 'failed'].includes(next.phase)) this.turns.push(next.turn)
    if (!['waiting', 'retrying', 'held'].includes(next.phase)) return
    expect(next.delayMs).toBeGreaterThanOrEqual(0)
    expect(next.delayMs).toBeLessThanOrEqual(30_000)
  }
}

class Send implements fc.Command<Model, Driver> {
  readonly event: StreamEvent
  readonly back: number

  constructor(event: StreamEvent, back: number) {
    this.event = event
    this.back = back
  }

  check(): boolean {
    return true
  }

  run(model: Model, driver: Driver): void {
    const before = driver.state
    const turn = driver.turns.at(-1 - this.back)
    if ('turn' in this.event && turn === undefined) return
    const event = 'turn' in this.event ? { ...this.event, turn: turn ?? 0 } : this.event
    driver.send(event)
    const { phase } = driver.state
    if ('turn' in event) {
      if (event.turn !== before.turn || model.end !== null) expect(driver.state).toBe(before)
      else if (before.phase === 'reading' && event.type === 'page' && event.finished) model.end = 'done'
      else if (before.phase === 'reading' && event.type === 'refused') model.end = 'failed'
      else if (before.phase === 'open' && event.type === 'finished') model.end = 'done'
      else if (phase === 'down') {
        expect(driver.readings.canStepDown && event.type === 'lost').toBe(true)
        model.end = 'down'
      }
    } else if (event.type === 'start') {
      if (model.end === 'failed') model.end = null
      model.watched = true
    } else if (event.type === 'stop') model.watched = false
    else if (before.phase === 'held') expect(driver.state).toBe(before)
    // A read always comes before the first connection, and after trouble.
    if (phase === 'connecting' && before.phase !== 'connecting') expect(driver.state.caughtUp).toBe(true)

    const isLive = driver.turns.at(-1) === driver.state.turn
    expect(isLive).toBe(model.watched && model.end === null)
    if (model.end !== null) expect(phase).toBe(model.end)
    else if (!model.watched) expect(phase).toBe('idle')
  }

  toString(): string {
    return `${this.event.type}(${this.back})`
  }
}

test('in any order of events, a watched task has one read, one connection or one timer, and an ended one none', () => {
  const stale = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
  const trouble = fc.constantFrom(error, busy)
  const events: fc.Arbitrary<StreamEvent> = fc.oneof(
    fc.constantFrom<StreamEvent>(
      { type: 'start' },
      { type: 'stop' },
      { type: 'wake' },
      { type: 'look' },
      { type: 'timer', turn: 0 },
    ),
    fc.constantFrom<StreamEvent>({ type: 'refused', turn: 0, error }, { type: 'finished', turn: 0 }),
    fc
      .constantFrom('failure', 'void')
      .chain((type) => trouble.map((error): StreamEvent => ({ type, turn: 0, error }))),
    fc.nat(3_000).map((ageMs): StreamEvent => ({ type: 'life', turn: 0, ageMs })),
    fc
      .record({
        upToDate: fc.boolean(),
        advanced: fc.boolean(),
        finished: fc.nat(9).map((dice) => dice === 0),
      })
      .map((fields) => ({ ...page, turn: 0, ...fields }) as StreamEvent),
    fc
      .record({
        error: fc.option(trouble),
        delayMs: fc.option(fc.oneof(fc.nat(100_000), fc.constant(Number.NaN))),
        because: fc.constantFrom('blocked', 'silent', 'unstable'),
      })
      .map((fields): StreamEvent => ({ type: 'lost', turn: 0, ...fields })),
  )
  const commands = fc.commands([fc.tuple(events, stale).map(([event, back]) => new Send(event, back))], {
    size: 'medium',
  })
  const readings = fc.record({
    hidden: fc.boolean(),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    canStepDown: fc.boolean(),
  })
  fc.assert(
    fc.property(commands, readings, (run, readings) => {
      fc.modelRun(() => ({ model: { watched: false, end: null } as Model, real: new Driver(readings) }), run)
    }),
    { numRuns: 500 },
  )
})
