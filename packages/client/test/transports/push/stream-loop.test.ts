import type { EventPage } from '@outlast/core/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TaskClientError } from '../../../src/errors.ts'
import { applyPage, emptyLog, isFinished, type TaskLog } from '../../../src/task-log.ts'
import type { StepDownReason, Transport } from '../../../src/transports/index.ts'
import { streamLoop } from '../../../src/transports/push/stream-loop.ts'
import type { StreamNews } from '../../../src/transports/push/stream-news.ts'
import { makeTask } from '../../support/fake-server.ts'
import { Asked, everyMove, ManualWorld, make, settled } from '../manual-world.ts'

const broken = new TaskClientError('network_error', 'gone')
const busy = new TaskClientError('rate_limited', 'busy', { status: 429, retryAfter: 7 })
const refused = new TaskClientError('route_not_found', 'no', { status: 404 })
const cursorVoid = new TaskClientError('cursor_void', 'void', { status: 410 })

type Connection = Asked<unknown> & { from: number; receive: (news: readonly StreamNews[]) => void }

class StreamWorld extends ManualWorld {
  readonly reads: (Asked<EventPage> & { from: number })[] = []
  readonly connections: Connection[] = []
  readonly gaveUp: StepDownReason[] = []
  log: TaskLog = emptyLog
  resets = 0
  readonly loop: Transport

  constructor({ canStepDown = false } = {}) {
    super()
    const { clock, platform } = this
    this.loop = streamLoop({
      clock,
      platform,
      random: () => this.random,
      baseUrl: '',
      headers: undefined,
      credentials: 'same-origin',
      fetch: () => Promise.reject(new Error('no network')),
      name: 'stream',
      taskId: 't1',
      client: {
        read: (_, { from = 0, signal = new AbortController().signal } = {}) => {
          const read = Object.assign(new Asked<EventPage>(signal), { from })
          this.reads.push(read)
          return read.promise
        },
      },
      follow: (cursor, receive, signal) => {
        const connection = Object.assign(new Asked<unknown>(signal), { from: cursor().from, receive })
        this.connections.push(connection)
        return connection.promise
      },
      sink: {
        cursor: () => ({ from: this.log.next, epoch: this.log.epoch }),
        apply: (page) => {
          const before = this.log
          const log = applyPage(before, page)
          if (log === null) return null
          this.log = log
          return { fresh: log.next > before.next, finished: isFinished(log) }
        },
        reset: () => {
          this.resets++
          this.log = emptyLog
        },
        report: this.tell,
      },
      giveUp: canStepDown ? (because) => this.gaveUp.push(because) : undefined,
    })
  }

  /** What is under way besides timers. */
  get open(): string[] {
    return [
      ...this.reads.filter(({ isOpen }) => isOpen).map(() => 'read'),
      ...this.connections.filter(({ isOpen }) => isOpen).map(() => 'connection'),
    ]
  }

  /** The pause that is waited for; `null` while anything else is under way, or nothing is. */
  get pauseMs(): number | null {
    return this.open.length > 0 ? null : (this.timer?.ms ?? null)
  }

  get connection(): Connection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('Nothing was connected.')
    return connection
  }

  /** Answers the read that is under way with what is there: `count` more events. */
  async page(fields: Partial<EventPage> = {}, count = 1): Promise<void> {
    const read = this.reads.at(-1)
    if (read === undefined) throw new Error('Nothing was asked.')
    read.answer({
      ...makeTask(),
      events: Array.from({ length: count }, (_, at) => textAt(read.from + at)),
      next_offset: read.from + count,
      first_idx: 0,
      epoch: 'e1',
      up_to_date: true,
      truncated: false,
      poll_interval_ms: 150,
      viewer: 'ann',
      snapshot: null,
      ...fields,
    })
    await settled()
  }

  async end(how: unknown): Promise<this> {
    if (how instanceof Error) this.connection.fail(how)
    else this.connection.answer(how)
    await settled()
    return this
  }

  /** Something comes over the connection, so long after its beginning. */
  live(ageMs: number): this {
    this.connection.receive([])
    this.clock.time += ageMs
    this.connection.receive([])
    return this
  }

  /** Lets the pause end, and the read that follows go well. */
  async comeBack(): Promise<void> {
    await this.fire()
    if (this.open[0] === 'read') await this.page({}, 0)
  }
}

const textAt = (idx: number): { idx: number; type: string; data: object; ts: number } => ({
  idx,
  type: 'text_chunk',
  data: { content: '.' },
  ts: 1,
})

/** One that has read to the end of the log, and connects. */
async function connecting(options = {}): Promise<StreamWorld> {
  const world = new StreamWorld(options)
  world.loop.start()
  await world.page()
  expect(world.open).toEqual(['connection'])
  return world
}

const steady = async (options = {}): Promise<StreamWorld> => (await connecting(options)).live(1_000)

/** One in each of its phases. */
const phases = {
  idle: async () => new StreamWorld(),
  async reading() {
    const world = new StreamWorld()
    world.loop.start()
    return world
  },
  following: async () => steady(),
  waiting: async () => (await steady()).end(null),
  held: async () => (await steady()).end(1_700),
  async failed() {
    const world = await phases.reading()
    world.reads[0]?.fail(refused)
    await settled()
    return world
  },
  async done() {
    const world = await phases.reading()
    await world.page({ status: 'succeeded' })
    return world
  },
  left: async () => (await steady({ canStepDown: true })).end(refused),
}

describe('in each phase', () => {
  test.each(everyMove)('%s on %s: %s', async (phase, move, next) => {
    const world = await phases[phase]()
    const state = () => [world.open, world.reads.length, world.timer?.ms, world.reports.length]
    const before = state()
    make(move, world)
    if (next === undefined) expect(state()).toEqual(before)
    else if (next === 'reading')
      expect([world.open, world.reads.length]).toEqual([['read'], (before[1] as number) + 1])
    else {
      expect([world.open, world.timer, world.platform.listeners.size]).toEqual([[], undefined, 0])
      expect(world.report).toMatchObject({ connection: next, error: null })
    }
  })
})

describe('a read', () => {
  test('comes before the first connection, which goes on from where it ended', async () => {
    const world = new StreamWorld()
    world.loop.start()
    expect([world.open, world.report?.connection]).toEqual([['read'], 'connecting'])
    await world.page({ up_to_date: false }, 3)
    expect([world.connections.length, world.pauseMs]).toEqual([0, 0])
    await world.fire()
    await world.page({}, 2)
    expect([world.open, world.connection.from]).toEqual([['connection'], 5])
    expect(world.report).toMatchObject({ connection: 'live', error: null, via: { name: 'stream' } })
  })

  test('that is not the last one and stands still is followed by the next after a pause', async () => {
    const world = new StreamWorld()
    world.loop.start()
    await world.page({ up_to_date: false }, 0)
    expect(world.pauseMs).toBe(300)
  })

  test('that failed with Retry-After is held to it, whoever wakes up', async () => {
    const world = new StreamWorld()
    world.loop.start()
    world.reads[0]?.fail(busy)
    await settled()
    world.platform.wake()
    world.loop.wake()
    expect(world.pauseMs).toBe(7_000)
  })

  test('takes the place of a connection when the page is woken, but not when the task was told something', async () => {
    const world = await steady()
    world.loop.wake()
    expect(world.open).toEqual(['connection'])
    world.platform.wake()
    expect(world.open).toEqual(['read'])
    const { next } = world.log
    world.connection.receive([{ op: 'events', events: [textAt(next)] }])
    world.connection.fail(refused)
    await settled()
    expect([world.log.next, world.open, world.report?.error]).toEqual([next, ['read'], null])
  })
})

describe('a connection', () => {
  test('brings what comes, and the end of all with the end of the task', async () => {
    const world = await connecting()
    world.connection.receive([{ op: 'events', events: [textAt(1), textAt(2)] }])
    expect([world.log.next, world.reports.filter(({ connection }) => connection === 'live').length]).toEqual([
      3, 2,
    ])
    const status = { op: 'status', task: makeTask({ status: 'succeeded' }) } as const
    world.connection.receive([{ op: 'events', events: [textAt(3)] }, status, { op: 'end' }])
    expect([world.log.next, world.report?.connection, world.open, world.timer]).toEqual([
      4,
      'done',
      [],
      undefined,
    ])
    expect([world.reads.length, world.platform.listeners.size]).toEqual([1, 0])
  })

  test('that says the end of a task that has none is left for a read', async () => {
    const world = await connecting()
    world.connection.receive([{ op: 'end' }])
    expect([world.open, world.resets]).toEqual([['read'], 0])
  })

  test.each<[string, StreamNews]>([
    ['a reset', { op: 'reset' }],
    ['a gap', { op: 'events', events: [textAt(9)] }],
    ['another epoch', { op: 'events', events: [textAt(1)], epoch: 'e2' }],
  ])(
    'with %s is left for a read from the start, at once and unseen, and then with growing pauses',
    async (_, news) => {
      const world = await connecting()
      for (const pauseMs of [null, 2_000, 4_000]) {
        world.connection.receive([news])
        expect(world.resets).toBe(world.connections.length)
        expect(world.pauseMs).toBe(pauseMs)
        expect(world.report?.connection).toBe(pauseMs === null ? 'live' : 'retrying')
        if (pauseMs !== null) await world.fire()
        expect(world.reads.at(-1)?.from).toBe(0)
        await world.page()
      }
      world.live(1_000).connection.receive([news])
      expect(world.open).toEqual(['read'])
    },
  )

  test.each([
    ['no news', null],
    ['garbage', [null]],
  ])('that brings %s harms nothing', async (_, news) => {
    const world = await connecting()
    world.connection.receive(news as unknown as StreamNews[])
    expect(world.report).toMatchObject({ connection: 'retrying', error: { code: 'invalid_response' } })
    expect(world.log.next).toBe(1)
  })
})

test('a connection that this host cannot have is given up for good, and said so', async () => {
  const missing = new TaskClientError('invalid_url', 'not here')
  const world = await (await connecting()).end(missing)
  expect(world.report).toMatchObject({ connection: 'failed', error: missing })
  expect([world.open, world.timer, world.platform.listeners.size]).toEqual([[], undefined, 0])
  const choosy = await (await connecting({ canStepDown: true })).end(missing)
  expect(choosy.gaveUp).toEqual(['blocked'])
})

test('a pause that the server asked a connection for goes on for who stops and starts again', async () => {
  const world = await (await steady()).end(1_700)
  world.loop.stop()
  world.clock.time += 700
  world.loop.start()
  expect([world.pauseMs, world.report]).toMatchObject([1_000, { connection: 'connecting', error: null }])
  await world.fire()
  expect(world.open).toEqual(['read'])
})

test('a watcher that leaves with the news it is told of hears no more', async () => {
  const world = await steady()
  world.onReport = (connection) => {
    if (connection === 'live') world.loop.stop()
  }
  world.connection.receive([{ op: 'events', events: [textAt(1)] }])
  world.connection.receive([{ op: 'events', events: [textAt(2)] }])
  await world.end(null)
  expect([world.log.next, world.report?.connection, world.open, world.timer]).toEqual([
    2,
    'idle',
    [],
    undefined,
  ])
})

describe('a connection that is lost', () => {
  test('having been steady, is come back to at once or nearly so, by its cursor, which is no trouble', async () => {
    const world = await (await steady()).end(null)
    expect([world.pauseMs, world.report?.error]).toEqual([500, null])
    await world.fire()
    expect([world.open, world.reads.length]).toEqual([['connection'], 1])
    await world.live(1_000).end(0)
    expect(world.pauseMs).toBe(0)
  })

  test('is come back to when the server said, whoever wakes up, but within 30 s', async () => {
    const world = await (await steady()).end(1_700)
    world.platform.wake()
    expect([world.pauseMs, world.report?.error]).toEqual([1_700, null])
    expect((await (await steady()).end(1e9)).pauseMs).toBe(30_000)
    const held = await (await steady()).end(busy)
    held.platform.wake()
    expect([held.pauseMs, held.report?.error]).toEqual([7_000, busy])
  })

  test('before it was steady, is followed by a read, and by growing pauses', async () => {
    const world = await connecting()
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      await world.live(999).end(null)
      expect(world.pauseMs).toBe(pauseMs)
      const { length } = world.reads
      await world.comeBack()
      expect([world.reads.length, world.open]).toEqual([length + 1, ['connection']])
    }
    await world.live(1_000).end(null)
    expect(world.pauseMs).toBe(500)
  })

  test('before it was steady, is not come back to at once, whatever the server said', async () => {
    expect((await (await connecting()).end(0)).pauseMs).toBe(1_000)
  })

  test('is come back to after five seconds at least by a hidden page', async () => {
    const world = await steady()
    world.platform.visible = false
    expect((await world.end(0)).pauseMs).toBe(5_000)
    const lost = await steady()
    lost.platform.visible = false
    expect((await lost.end(broken)).pauseMs).toBe(5_000)
  })

  test('with an error is followed by a read, having told of it', async () => {
    const world = await (await steady()).end(broken)
    expect([world.pauseMs, world.report?.error]).toEqual([500, broken])
    await world.fire()
    expect(world.open).toEqual(['read'])
    await world.page()
    expect(world.report).toMatchObject({ connection: 'live', error: null })
  })

  test('is one that nothing was heard of for 35 s', async () => {
    const world = await steady()
    expect(world.timer?.ms).toBe(35_000)
    await world.fire()
    expect(world.connection.signal.aborted).toBe(true)
    expect(world.report).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
  })
})

describe('where there is a plainer transport', () => {
  const choosy = { canStepDown: true }

  test.each<[StepDownReason, (world: StreamWorld) => Promise<unknown>]>([
    ['blocked', (world) => world.end(refused)],
    ['blocked', (world) => world.end(new TypeError('not a stream'))],
    ['blocked', (world) => world.end(new TaskClientError('network_error', 'cut', { status: 200 }))],
  ])('a connection that is %s leads there at once, and the rest is silence', async (because, spoil) => {
    const world = await connecting(choosy)
    expect(world.timer?.ms).toBe(5_000)
    const told = world.reports.length
    await spoil(world)
    expect([world.gaveUp, world.open, world.timer]).toEqual([[because], [], undefined])
    world.platform.wake()
    world.loop.wake()
    world.loop.start()
    world.loop.stop()
    world.connection.receive([{ op: 'events', events: [textAt(1)] }])
    expect([world.open, world.reports.length, world.log.next]).toEqual([[], told, 1])
    expect(world.platform.listeners.size).toBe(0)
  })

  test('a connection that is silent for five seconds leads there once a read went well', async () => {
    const world = await connecting(choosy)
    await world.fire()
    expect([world.gaveUp, world.open]).toEqual([[], ['read']])
    await world.page()
    expect([world.gaveUp, world.open, world.timer]).toEqual([['silent'], [], undefined])
    expect(world.platform.listeners.size).toBe(0)
  })

  test('a connection that is silent as the network is away does not: the next one is as good as the first', async () => {
    const world = await connecting(choosy)
    await world.fire()
    world.reads.at(-1)?.fail(broken)
    await settled()
    await world.comeBack()
    expect([world.gaveUp, world.open]).toEqual([[], ['connection']])
    expect(world.report).toMatchObject({ connection: 'live', error: null })
  })

  test('the third connection that broke before it was steady leads there', async () => {
    const world = await connecting(choosy)
    for (const how of [broken, null]) {
      await world.end(how)
      expect(world.gaveUp).toEqual([])
      await world.comeBack()
    }
    await world.end(busy)
    expect(world.gaveUp).toEqual(['unstable'])
  })

  test('one that was steady makes up for those before it, and never leads there itself', async () => {
    const world = await connecting(choosy)
    for (let time = 0; time < 5; time++) {
      await world.end(broken)
      await world.comeBack()
      await world.live(1_000).end(broken)
      await world.comeBack()
    }
    await world.live(1_000).fire()
    expect(world.gaveUp).toEqual([])
  })

  test('a network that is down is no reason to go there', async () => {
    const world = await connecting(choosy)
    await world.end(broken)
    for (let time = 0; time < 5; time++) {
      await world.fire()
      world.reads.at(-1)?.fail(broken)
      await settled()
    }
    expect(world.gaveUp).toEqual([])
    await world.comeBack()
    expect(world.open).toEqual(['connection'])
  })
})

/** What a watcher may rely on, without a word on phases. */
interface Model {
  watched: boolean
  /** `done` and `left` for ever; `failed` until somebody begins to watch again. */
  end: 'done' | 'left' | 'failed' | null
}

/** One type for each name, so that they can be told apart. */
type Each<Name extends string, Fields = unknown> = Name extends string ? { type: Name } & Fields : never
type Step =
  | Each<'start' | 'stop' | 'wake' | 'look' | 'timer'>
  | { type: 'page'; upToDate: boolean; count: number; finished: boolean }
  | Each<'fail' | 'lose', { how: unknown }>
  | { type: 'news'; news: readonly StreamNews[]; ageMs: number }

class Send implements fc.AsyncCommand<Model, StreamWorld> {
  readonly step: Step
  readonly back: number

  constructor(step: Step, back: number) {
    this.step = step
    this.back = back
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: StreamWorld): Promise<void> {
    const { step, back } = this
    const before = [
      world.log,
      world.reports.length,
      world.open.join(),
      world.reads.length,
      world.connections.length,
    ]
    const wasBusy = model.watched && model.end === null
    if (step.type === 'timer') {
      if (world.timer === undefined) return
      await world.fire()
    } else if (step.type === 'wake') world.platform.wake()
    else if (step.type === 'look') world.loop.wake()
    else if (step.type === 'start' || step.type === 'stop') {
      if (step.type === 'start' && model.end === 'failed') model.end = null
      model.watched = step.type === 'start'
      world.loop[step.type]()
    } else {
      const isRead = step.type === 'page' || step.type === 'fail'
      const asked = (isRead ? world.reads : world.connections).at(-1 - back)
      if (asked === undefined || asked.isSettled) return
      const { isOpen } = asked
      if ('how' in step) {
        if (step.how instanceof Error) asked.fail(step.how)
        else (asked as Asked<unknown>).answer(step.how)
      } else if (step.type === 'news') {
        world.clock.time += step.ageMs
        ;(asked as Connection).receive(step.news)
      } else await this.#answer(world, step, asked === world.reads.at(-1))
      await settled()
      const after = [
        world.log,
        world.reports.length,
        world.open.join(),
        world.reads.length,
        world.connections.length,
      ]
      if (!isOpen) expect(after).toEqual(before)
    }
    const connection = world.report?.connection
    if (wasBusy && (connection === 'done' || connection === 'failed')) model.end = connection
    if (wasBusy && world.gaveUp.length > 0) model.end = 'left'
    if (model.end === 'done') expect(isFinished(world.log)).toBe(true)
    // Watched, it has one read, one connection or one timer; unwatched or ended, nothing.
    const isBusy = model.watched && model.end === null
    expect(world.open.length + (world.pauseMs === null ? 0 : 1)).toBe(isBusy ? 1 : 0)
    expect(world.platform.listeners.size).toBe(isBusy ? 1 : 0)
    expect(world.gaveUp.length).toBe(model.end === 'left' ? 1 : 0)
    if (world.pauseMs !== null) expect(world.pauseMs).toBeLessThanOrEqual(30_000)
    // A connection goes on from a log that was read.
    if (world.open[0] === 'connection') expect(world.log.epoch).not.toBeNull()
  }

  async #answer(
    world: StreamWorld,
    { upToDate, count, finished }: Extract<Step, { type: 'page' }>,
    isLast: boolean,
  ): Promise<void> {
    if (!isLast) return
    await world.page({ up_to_date: upToDate || finished, ...(finished && { status: 'succeeded' }) }, count)
  }

  toString(): string {
    return `${this.step.type}(${this.back})`
  }
}

test('in any order of events, a watched task has one read, one connection or one timer, and an ended one none', async () => {
  const stale = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
  const trouble = fc.constantFrom(broken, busy, refused, cursorVoid, new TypeError('odd'))
  const news: fc.Arbitrary<readonly StreamNews[]> = fc.oneof(
    fc.constant([]),
    fc.nat(5).map((idx) => [{ op: 'events' as const, events: [textAt(idx)] }]),
    fc.constantFrom([{ op: 'reset' as const }], [{ op: 'end' as const }]),
    fc.constant([{ op: 'status' as const, task: makeTask({ status: 'succeeded' }) }, { op: 'end' as const }]),
  )
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.constantFrom<Step>(...(['start', 'stop', 'wake', 'look', 'timer'] as const).map((type) => ({ type }))),
    {
      weight: 3,
      arbitrary: fc
        .record({ upToDate: fc.boolean(), count: fc.nat(2), finished: fc.nat(9).map((dice) => dice === 0) })
        .map((fields): Step => ({ type: 'page', ...fields })),
    },
    trouble.map((how): Step => ({ type: 'fail', how })),
    fc
      .oneof(trouble, fc.constantFrom(null, 0, 1e9, Number.NaN), fc.nat(100_000))
      .map((how): Step => ({ type: 'lose', how })),
    {
      weight: 2,
      arbitrary: fc.tuple(news, fc.nat(3_000)).map(([news, ageMs]): Step => ({ type: 'news', news, ageMs })),
    },
  )
  const commands = fc.commands([fc.tuple(steps, stale).map(([step, back]) => new Send(step, back))], {
    size: 'medium',
  })
  const readings = fc.record({
    visible: fc.boolean(),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    canStepDown: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(commands, readings, (run, { visible, random, canStepDown }) =>
      fc.asyncModelRun(() => {
        const real = new StreamWorld({ canStepDown })
        real.platform.visible = visible
        real.random = random
        return { model: { watched: false, end: null } as Model, real }
      }, run),
    ),
    { numRuns: 300 },
  )
})
