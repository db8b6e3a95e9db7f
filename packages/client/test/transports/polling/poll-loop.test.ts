import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TaskClientError } from '../../../src/errors.ts'
import { pollLoop, type Transport, type Turn } from '../../../src/transports/index.ts'
import { afterFailure, afterPage } from '../../../src/transports/polling/after-read.ts'
import { isAtRest, moves } from '../../../src/transports/polling/moves.ts'
import type { Phase } from '../../../src/transports/polling/turn.ts'
import { Asked, everyMove, ManualWorld, make, settled } from '../manual-world.ts'

const error = new TaskClientError('network_error', 'gone')
const busy = new TaskClientError('rate_limited', 'busy', { status: 429, retryAfter: 7 })
const cursorVoid = new TaskClientError('cursor_void', 'void', { status: 410 })
const forbidden = new TaskClientError('task_not_found', 'not yours', { status: 404 })

/** What the sink makes of a page. */
interface FakePage {
  up_to_date: boolean
  poll_interval_ms: number
  fresh: boolean
  finished: boolean
  /** Events in it. */
  count: number
  fits: boolean
}

const page = (fields: Partial<FakePage> = {}): FakePage => ({
  up_to_date: true,
  poll_interval_ms: 150,
  fresh: true,
  finished: false,
  count: 1,
  fits: true,
  ...fields,
})

type Request = Asked<FakePage> & { waitMs: number }

class PollWorld extends ManualWorld {
  readonly requests: Request[] = []
  readonly applied: FakePage[] = []
  resets = 0
  from = 0
  epoch: string | null = null
  /** Those that something other than reads has taken over. */
  readonly turns: Turn[] = []
  readonly loop: Transport

  constructor({ waitMs = 0, isFollowed = false } = {}) {
    super()
    const { clock, platform } = this
    this.loop = pollLoop<FakePage>({
      clock,
      platform,
      random: () => this.random,
      waitMs,
      ...(isFollowed && { follow: (turn) => this.turns.push(turn) }),
      read: (_, signal, asked) => {
        const request = Object.assign(new Asked<FakePage>(signal), { waitMs: asked })
        this.requests.push(request)
        return request.promise
      },
      sink: {
        cursor: () => ({ from: this.from, epoch: this.epoch }),
        apply: (given) => {
          this.applied.push(given)
          if (!given.fits) return null
          this.from += given.count
          this.epoch = 'e1'
          return given
        },
        reset: () => {
          this.resets++
          this.from = 0
          this.epoch = null
        },
        report: this.tell,
      },
    })
  }

  get request(): Request {
    const request = this.requests.at(-1)
    if (request === undefined) throw new Error('Nothing was asked.')
    return request
  }

  get open(): Request[] {
    return this.requests.filter((request) => request.isOpen)
  }

  /** The phase that it is in, as far as can be seen from outside: a pause is a pause, whatever ends it. */
  get phase(): Phase | 'pausing' {
    if (this.open.length > 0) return 'reading'
    if (this.turns.some(({ signal }) => !signal.aborted)) return 'following'
    if (this.timer) return 'pausing'
    const { connection } = this.report ?? { connection: 'idle' }
    return connection === 'done' || connection === 'failed' || connection === 'idle' ? connection : 'left'
  }

  /** The pause that is waited for; `null` while a request is under way, or nothing is. */
  get pauseMs(): number | null {
    return this.open.length > 0 ? null : (this.timer?.ms ?? null)
  }

  async answer(fields: Partial<FakePage> = {}): Promise<this> {
    this.request.answer(page(fields))
    await settled()
    return this
  }

  async fail(thrown: unknown): Promise<this> {
    this.request.fail(thrown)
    await settled()
    return this
  }

  /** Answers the request, and lets the pause that follows end in another one. */
  async turn(fields: Partial<FakePage> = {}): Promise<number | null> {
    const { pauseMs } = await this.answer(fields)
    await this.fire()
    return pauseMs
  }
}

/** One that has asked, in each of its phases. */
const phases = {
  idle: async () => new PollWorld(),
  reading: async () => asking(),
  following: async () => asking({ isFollowed: true }).answer(),
  waiting: async () => asking().answer(),
  retrying: async () => asking().fail(error),
  held: async () => asking().fail(busy),
  done: async () => asking().answer({ finished: true }),
  failed: async () => asking().fail(forbidden),
  async left() {
    const world = await phases.following()
    world.turns[0]?.end({ phase: 'left' })
    return world
  },
}

function asking(options: { waitMs?: number; isFollowed?: boolean } = {}): PollWorld {
  const world = new PollWorld(options)
  world.loop.start()
  return world
}

/** What a pause looks like from outside. */
const seen = (phase: Phase): Phase | 'pausing' =>
  phase === 'waiting' || phase === 'held' ? 'pausing' : phase

describe('in each phase', () => {
  const all = [...everyMove, ...everyMove.filter(([phase]) => phase === 'waiting').map(retrying)]
  function retrying([, move, next]: (typeof everyMove)[number]) {
    return ['retrying', move, next] as const
  }

  test.each(all)('%s on %s: %s', async (phase, move, next) => {
    const world = await phases[phase]()
    const before = [world.phase, world.requests.length, world.clock.timers.length, world.reports.length]
    expect(world.phase).toBe(seen(phase === 'retrying' ? 'waiting' : phase))
    make(move, world)
    const after = [world.phase, world.requests.length, world.clock.timers.length, world.reports.length]
    if (next === undefined) expect(after).toEqual(before)
    else expect(after.slice(0, 2)).toEqual([seen(next), world.requests.length])
    if (next === 'reading') expect(world.requests.length).toBe((before[1] as number) + 1)
    expect(world.open.length).toBeLessThanOrEqual(1)
    if (next && isAtRest(next)) expect([world.timer, world.platform.listeners.size]).toEqual([undefined, 0])
  })

  test.each(['waiting', 'retrying', 'held'] as const)('%s ends in a request by itself', async (phase) => {
    const world = await phases[phase]()
    await world.fire()
    expect([world.requests.length, world.open.length]).toEqual([2, 1])
  })

  test.each(['done', 'failed'] as const)('%s leaves no timer and no listener', async (phase) => {
    const world = await phases[phase]()
    expect([world.report?.connection, world.timer, world.platform.listeners.size]).toEqual([
      phase,
      undefined,
      0,
    ])
  })

  test('an answer that is overtaken is neither applied nor told', async () => {
    for (const settle of [
      (request: Request) => request.answer(page({ finished: true })),
      (request: Request) => request.fail(forbidden),
      (request: Request) => request.fail(cursorVoid),
    ]) {
      const world = asking()
      const { request, loop, reports } = world
      world.platform.wake()
      const told = reports.length
      settle(request)
      await settled()
      expect([world.applied.length, world.resets, reports.length, world.open.length]).toEqual([0, 0, told, 1])
      loop.stop()
      world.request.answer(page())
      await settled()
      expect([world.applied.length, world.report?.connection]).toEqual([0, 'idle'])
    }
  })
})

describe('a page', () => {
  test('that brought events is followed by another one after the interval of the server', async () => {
    expect((await asking().answer()).pauseMs).toBe(150)
    expect((await asking().answer({ poll_interval_ms: 400 })).pauseMs).toBe(400)
    expect((await asking().answer({ poll_interval_ms: 1e9 })).pauseMs).toBe(30_000)
  })

  test.each([
    [150, [300, 600, 1_000, 1_000, 1_000]],
    [2_000, [2_000, 2_000, 2_000]],
  ])(
    'that brought nothing eases the pace to one second, but not below the %i ms of the server',
    async (interval, pauses) => {
      const world = asking()
      for (const pause of pauses)
        expect(await world.turn({ fresh: false, count: 0, poll_interval_ms: interval })).toBe(pause)
      expect(await world.turn({ poll_interval_ms: interval })).toBe(interval)
    },
  )

  test.each([0, -1, Number.NaN, undefined])('with the interval %s gets the default one', async (interval) => {
    expect((await asking().answer({ poll_interval_ms: interval as number })).pauseMs).toBe(150)
  })

  test('of a hidden tab is followed by another one after five seconds', async () => {
    const world = asking()
    world.platform.visible = false
    expect((await world.answer()).pauseMs).toBe(5_000)
  })

  test('that is not the last one is followed by the next at once, also where nobody looks', async () => {
    const world = asking()
    world.platform.visible = false
    expect((await world.answer({ up_to_date: false })).pauseMs).toBe(0)
  })

  test.each([true, false])(
    'that promises more but stands still is followed after a pause (fresh: %s)',
    async (fresh) => {
      const world = await asking().answer({ up_to_date: false, count: 0, fresh })
      expect(world.pauseMs).toBe(fresh ? 150 : 300)
    },
  )

  test('that does not fit is read anew', async () => {
    const world = await asking().answer({ fits: false })
    expect([world.resets, world.open.length]).toEqual([1, 1])
  })
})

describe('a page that the server was asked to wait for', () => {
  async function pauseAfter(
    waitedMs: number,
    fields: Partial<FakePage>,
    visible = true,
  ): Promise<number | null> {
    const world = asking({ waitMs: 25_000 })
    await world.turn()
    expect(world.request.waitMs).toBe(25_000)
    world.clock.time += waitedMs
    world.platform.visible = visible
    return (await world.answer(fields)).pauseMs
  }

  test('is followed by the next request at once', async () => {
    expect(await pauseAfter(700, {})).toBe(0)
    expect(await pauseAfter(25_000, { fresh: false })).toBe(0)
  })

  test('that came at once with news is followed after 50 ms', async () => {
    expect(await pauseAfter(0, {})).toBe(50)
    expect(await pauseAfter(20, {})).toBe(30)
  })

  test('that came at once without news is followed as a poll: the server does not wait', async () => {
    expect(await pauseAfter(0, { fresh: false })).toBe(300)
    expect(await pauseAfter(0, { fresh: false, poll_interval_ms: 2_000 })).toBe(2_000)
  })

  test('of a hidden tab is followed by another one after five seconds', async () => {
    expect(await pauseAfter(9_000, {}, false)).toBe(5_000)
  })
})

describe('a failure', () => {
  test('of a hidden page is followed by another request after five seconds at least', async () => {
    const world = asking()
    world.platform.visible = false
    for (const longest of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      world.random = 0.75
      await world.fail(error)
      expect(world.pauseMs).toBe(Math.max(5_000, longest * 0.75))
      await world.fire()
    }
    await world.fail(busy)
    expect(world.pauseMs).toBe(22_500)
  })

  test('waits anything up to 1 s · 2ⁿ, never more than 30 s, and is told until the next page', async () => {
    const world = asking()
    for (const longest of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      world.random = (world.random + 0.3) % 1
      await world.fail(error)
      expect(world.pauseMs).toBe(longest * world.random)
      expect(world.report).toMatchObject({ connection: 'retrying', error })
      await world.fire()
      expect(world.report).toMatchObject({ connection: 'retrying', error })
    }
    await world.answer()
    expect(world.report).toMatchObject({ connection: 'live', error: null })
    await world.fire()
    world.random = 0.5
    expect((await world.fail(error)).pauseMs).toBe(500)
  })

  test('with Retry-After waits as long as the server said', async () => {
    expect((await asking().fail(busy)).pauseMs).toBe(7_000)
  })

  test('is what no answer in 30 s is, and longer the more often it happened, to eight minutes', async () => {
    const world = asking()
    for (const longest of [30, 60, 120, 240, 480, 480]) {
      expect(world.timer?.ms).toBe(longest * 1_000)
      await world.fire()
      expect(world.requests.at(-1)?.signal.aborted).toBe(true)
      expect(world.report).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
      await world.fire()
    }
  })

  test('of a void cursor reads anew at once, and backs off when it happens again', async () => {
    const world = await asking().fail(cursorVoid)
    expect([world.requests.length, world.open.length, world.resets]).toEqual([2, 1, 1])
    expect(world.report).toMatchObject({ connection: 'connecting', error: null })
    await world.fail(cursorVoid)
    expect(world.pauseMs).toBe(1_000)
    expect(world.report).toMatchObject({ connection: 'retrying', error: cursorVoid })
  })

  test.each([
    ['from the start', async (world: PollWorld) => world.turn()],
    [
      'on the way to the end',
      async (world: PollWorld) => {
        await world.turn({ up_to_date: false })
        await world.turn({ up_to_date: false })
      },
    ],
  ])('of a void cursor is not forgotten with a page %s', async (_, go) => {
    const world = await asking().fail(cursorVoid)
    await go(world)
    expect((await world.fail(cursorVoid)).pauseMs).toBe(1_000)
  })

  test('of a void cursor is forgotten when the log was followed to its end', async () => {
    const world = await asking().fail(cursorVoid)
    await world.turn()
    await world.turn()
    await world.fail(cursorVoid)
    expect(world.open).toHaveLength(1)
  })
})

describe('a pause that the server asked for', () => {
  test('is no shorter than one of its own would be, so that "at once" is no storm', async () => {
    const atOnce = new TaskClientError('shutting_down', 'later', { status: 503, retryAfter: 0 })
    const world = asking()
    for (const pauseMs of [500, 1_000, 2_000, 4_000]) {
      expect((await world.fail(atOnce)).pauseMs).toBe(pauseMs)
      await world.fire()
    }
    expect((await asking().fail(busy)).pauseMs).toBe(7_000)
    for (let failures = 0; failures < 5; failures++) await (await world.fail(error)).fire()
    expect((await world.fail(busy)).pauseMs).toBe(15_000)
  })

  test('goes on for who stops and starts again, and is over when it is over', async () => {
    const world = await asking().fail(busy)
    for (const pauseMs of [5_000, 3_000, 1_000]) {
      world.clock.time += 2_000
      world.loop.stop()
      expect([world.timer, world.report]).toMatchObject([undefined, { connection: 'idle', error: null }])
      world.loop.start()
      expect([world.pauseMs, world.report]).toMatchObject([pauseMs, { connection: 'retrying', error: busy }])
    }
    world.loop.stop()
    world.clock.time += 1_000
    world.loop.start()
    expect([world.open.length, world.report?.connection]).toEqual([1, 'connecting'])
  })

  test('is forgotten once it was waited for, also by a clock that is set back', async () => {
    const world = await asking().fail(busy)
    await world.fire()
    world.clock.time -= 7_000
    world.loop.stop()
    world.loop.start()
    expect(world.open).toHaveLength(1)
  })
})

describe('a clock that is set back', () => {
  test('lengthens no pause after a page that was waited for', async () => {
    const world = asking({ waitMs: 25_000 })
    await world.turn()
    world.clock.time -= 3_600_000
    expect((await world.answer()).pauseMs).toBe(50)
  })

  test('lengthens no pause that the server asked for', async () => {
    const world = await asking().fail(busy)
    world.loop.stop()
    world.clock.time -= 3_600_000
    world.loop.start()
    expect(world.pauseMs).toBe(7_000)
  })
})

describe('whoever looks', () => {
  test('while a read is under way lets it end, and then has one more', async () => {
    const world = asking()
    for (let time = 0; time < 5; time++) world.loop.wake()
    expect(world.requests).toHaveLength(1)
    expect((await world.answer({ poll_interval_ms: 30_000 })).pauseMs).toBe(0)
    await world.fire()
    expect((await world.answer({ poll_interval_ms: 30_000 })).pauseMs).toBe(30_000)
  })

  test('does not shorten what a failure leads to', async () => {
    const world = asking()
    world.loop.wake()
    expect((await world.fail(error)).pauseMs).toBe(500)
  })
})

describe('after a new start', () => {
  test('nothing is called live before something was heard', async () => {
    const world = await asking().answer()
    expect(world.report?.connection).toBe('live')
    world.loop.stop()
    world.loop.start()
    expect(world.report?.connection).toBe('connecting')
    world.platform.wake()
    expect(world.report?.connection).toBe('connecting')
    await world.answer()
    expect(world.report?.connection).toBe('live')
  })

  test('the first read is answered at once, not when there is news', async () => {
    const world = asking({ waitMs: 25_000 })
    await world.turn()
    world.loop.stop()
    world.loop.start()
    expect(world.request.waitMs).toBe(0)
  })

  test('what has failed is connecting, without its error', async () => {
    const world = await phases.failed()
    world.loop.start()
    expect(world.report).toMatchObject({ connection: 'connecting', error: null })
  })
})

describe('a stop from within', () => {
  /** One that calls `stop` in the midst of what it does at that moment. */
  function stopsOn(moment: 'read' | 'apply' | 'reset' | 'report' | 'follow' | 'abort') {
    const world = new ManualWorld()
    const { clock, platform } = world
    const requests: Asked<FakePage>[] = []
    let applied = 0
    let isArmed = false
    const at = (name: typeof moment): void => {
      if (isArmed && name === moment) loop.stop()
    }
    const loop = pollLoop<FakePage>({
      clock,
      platform,
      random: () => 0.5,
      read(_, signal) {
        const request = new Asked<FakePage>(signal)
        requests.push(request)
        signal.addEventListener('abort', () => at('abort'))
        at('read')
        return request.promise
      },
      follow: () => at('follow'),
      sink: {
        cursor: () => ({ from: applied, epoch: 'e1' }),
        apply: (given) => {
          applied++
          at('apply')
          return given.fits ? given : null
        },
        reset: () => at('reset'),
        report: world.tell,
      },
    })
    world.onReport = (connection) => {
      if (connection !== 'idle') at('report')
    }
    const arm = (): void => {
      isArmed = true
    }
    return {
      world,
      loop,
      requests,
      arm,
      get applied() {
        return applied
      },
    }
  }

  test.each(['read', 'report'] as const)('on %s, as a turn begins, ends it', (moment) => {
    const { world, loop, requests, arm } = stopsOn(moment)
    arm()
    loop.start()
    expect([world.report?.connection, world.timer, world.platform.listeners.size]).toEqual([
      'idle',
      undefined,
      0,
    ])
    expect(requests.every(({ isOpen }) => !isOpen)).toBe(true)
  })

  test.each([
    ['apply', {}],
    ['apply', { finished: true }],
    ['apply', { fits: false }],
    ['reset', { fits: false }],
    ['follow', {}],
    ['report', {}],
    ['report', { up_to_date: false }],
  ] as const)('on %s of the page %o ends it for good', async (moment, fields) => {
    const made = stopsOn(moment)
    const { world, loop, requests, arm } = made
    loop.start()
    arm()
    requests[0]?.answer(page(fields))
    await settled()
    expect([world.report?.connection, world.timer, world.platform.listeners.size]).toEqual([
      'idle',
      undefined,
      0,
    ])
    expect([made.applied, requests.length]).toEqual([1, 1])
    expect(world.reports.filter(({ connection }) => connection === 'idle')).toHaveLength(1)
  })

  test('on the abort of a read that is taken over leaves no other one', () => {
    const { world, loop, requests, arm } = stopsOn('abort')
    loop.start()
    arm()
    world.platform.wake()
    expect(requests.filter(({ isOpen }) => isOpen)).toEqual([])
    expect([world.report?.connection, world.timer]).toEqual(['idle', undefined])
  })

  test('on the abort of a read that took too long, and a start, are a new beginning, and the only one', async () => {
    const { world, loop, requests, arm } = stopsOn('abort')
    loop.start()
    world.onReport = (connection) => {
      if (connection === 'idle') loop.start()
    }
    arm()
    await world.fire()
    expect(requests.map(({ isOpen }) => isOpen)).toEqual([false, true])
    expect(world.reports.map(({ connection }) => connection)).toEqual(['connecting', 'idle', 'connecting'])
  })
})

/** Where the loop stands by its table, and all that the table does not say. */
interface Model {
  phase: Phase
  /** The log was void, and was not followed to its end since. */
  void: boolean
  /** The latest pause that the server asked for, while it may count. */
  hold: { delayMs: number; at: number } | null
}

/** One type for each name, so that they can be told apart. */
type Each<Name extends string, Fields = unknown> = Name extends string ? { type: Name } & Fields : never
type Step =
  | Each<'start' | 'stop' | 'wake' | 'look' | 'timer'>
  /** The clock goes on, or is set back, and no timer is due. */
  | { type: 'pass'; ms: number }
  | { type: 'page'; fields: Partial<FakePage> }
  | { type: 'fail'; error: TaskClientError }

class Send implements fc.AsyncCommand<Model, PollWorld> {
  readonly step: Step
  readonly back: number

  constructor(step: Step, back: number) {
    this.step = step
    this.back = back
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: PollWorld): Promise<void> {
    const { step } = this
    const [asked, told, applied] = [world.requests.length, world.reports.length, world.applied.length]
    const { epoch, from } = world
    let next: Phase | undefined
    if (step.type === 'pass') world.clock.time += step.ms
    else if (step.type === 'timer') {
      if (world.pauseMs === null) return
      await world.fire()
      next = 'reading'
    } else if (step.type === 'page' || step.type === 'fail') {
      const request = world.requests.at(-1 - this.back)
      if (request === undefined || request.isSettled) return
      const { isOpen } = request
      if ('error' in step) request.fail(step.error)
      else request.answer(page(step.fields))
      await settled()
      if (!isOpen) {
        expect([world.requests.length, world.reports.length, world.applied.length]).toEqual([
          asked,
          told,
          applied,
        ])
        return
      }
      if ('error' in step) {
        next = afterFailure(step.error, 0, model.void ? 1 : 0, world.random).phase
        model.void ||= step.error.code === 'cursor_void'
      } else {
        const { finished, up_to_date: upToDate } = page(step.fields)
        const ledOn = world.from > from
        next = afterPage({ finished, upToDate, ledOn, isFollowed: false, pauseMs: 0 }).phase
        if (upToDate && epoch !== null) model.void = false
      }
    } else {
      make(step.type, world)
      next = moves[model.phase][step.type]
      if (step.type === 'start' && next && model.hold) {
        const { delayMs, at } = model.hold
        if (Math.max(0, world.clock.time - at) < delayMs) next = 'held'
      }
    }
    expect(world.requests.length - asked).toBe(next === 'reading' ? 1 : 0)
    if (next === 'held') model.hold = { delayMs: world.timer?.ms ?? 0, at: world.clock.time }
    else if (next !== undefined && next !== 'idle') model.hold = null
    model.phase = next ?? model.phase
    expect(world.phase).toBe(seen(model.phase))
    // Watched, it always has exactly one thing under way; unwatched or ended, nothing.
    const isBusy = !isAtRest(model.phase)
    expect(world.open.length + (world.pauseMs === null ? 0 : 1)).toBe(isBusy ? 1 : 0)
    expect(world.platform.listeners.size).toBe(isBusy ? 1 : 0)
    if (world.pauseMs !== null) expect(world.pauseMs).toBeGreaterThanOrEqual(0)
    if (world.pauseMs !== null) expect(world.pauseMs).toBeLessThanOrEqual(30_000)
    if (world.report && !isBusy) expect(world.report.connection).toBe(model.phase)
  }

  toString(): string {
    return `${this.step.type}(${this.back})`
  }
}

test('in any order of events, a watched task has one request or one timer, and an ended one has none', async () => {
  const stale = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
  const voidBusy = new TaskClientError('cursor_void', 'void', { status: 410, retryAfter: 7 })
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.constantFrom<Step>(...(['start', 'stop', 'wake', 'look', 'timer'] as const).map((type) => ({ type }))),
    fc
      .constantFrom(error, busy, cursorVoid, voidBusy, forbidden)
      .map((error): Step => ({ type: 'fail', error })),
    fc.oneof(fc.nat(10_000), fc.constant(-3_600_000)).map((ms): Step => ({ type: 'pass', ms })),
    fc
      .record({
        up_to_date: fc.boolean(),
        fresh: fc.boolean(),
        count: fc.nat(2),
        finished: fc.nat(9).map((dice) => dice === 0),
        poll_interval_ms: fc.integer({ min: -10, max: 100_000 }),
      })
      .map((fields): Step => ({ type: 'page', fields })),
  )
  const commands = fc.commands([fc.tuple(steps, stale).map(([step, back]) => new Send(step, back))], {
    size: 'medium',
  })
  await fc.assert(
    fc.asyncProperty(commands, fc.constantFrom(0, 25_000), (run, waitMs) =>
      fc.asyncModelRun(
        () => ({
          model: { phase: 'idle', void: false, hold: null } as Model,
          real: new PollWorld({ waitMs }),
        }),
        run,
      ),
    ),
    { numRuns: 300 },
  )
})
