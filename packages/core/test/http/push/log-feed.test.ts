import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TaskError } from '../../../src/errors.ts'
import type { Frame } from '../../../src/http/push/frame.ts'
import { LogFeeds } from '../../../src/http/push/log-feeds.ts'
import type { LogWatcher } from '../../../src/http/push/log-watcher.ts'
import { pageQuery } from '../../../src/http/push/page-query.ts'
import type { SocketServerMessage } from '../../../src/protocol/index.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/test-manager.ts'
import { FakeLog, messageOf } from './fake-log.ts'

/** Keeps what it is sent, as messages of a socket. */
class Recorder implements LogWatcher {
  cursor: number
  epoch: string | null
  readonly folds: readonly string[] | null
  told = ''
  isClosed = false
  readonly frames: Frame[] = []
  readonly messages: SocketServerMessage[] = []
  drained: () => Promise<void> = async () => {}
  onSend: () => void = () => {}
  caughtUp = 0
  ends = 0
  failure: unknown = null

  constructor(cursor = 0, { epoch = null, folds = null }: Partial<Pick<LogWatcher, 'epoch' | 'folds'>> = {}) {
    this.cursor = cursor
    this.epoch = epoch
    this.folds = folds
  }

  send(frame: Frame): void {
    if (this.isClosed) return
    this.frames.push(frame)
    this.messages.push(messageOf(frame.bytes('socket')))
    this.onSend()
  }

  onCaughtUp(): void {
    this.caughtUp++
  }

  onEnd(): void {
    this.ends++
    this.isClosed = true
  }

  onFailure(error: unknown): void {
    this.failure = error
    this.isClosed = true
  }

  get ops(): string[] {
    return this.messages.map(({ op }) => op)
  }

  get indexes(): number[] {
    return this.messages.flatMap((message) =>
      message.op === 'events' ? message.events.map(({ idx }) => idx) : [],
    )
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset)
}

/** Lets everything that is ready be done. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

class World {
  readonly log: FakeLog
  readonly clock: ManualClock = manualClock()
  readonly feeds: LogFeeds

  constructor({ batchMs = 0, isAlone = false } = {}) {
    this.log = new FakeLog(isAlone)
    this.feeds = new LogFeeds({ manager: this.log.manager, clock: this.clock, batchMs })
  }

  async attach(watcher: Recorder): Promise<Recorder> {
    const page = await this.log.manager.read(this.log.taskId, pageQuery(watcher.cursor, watcher.folds))
    if (page === null) throw new Error('the log is gone')
    this.feeds.attach(this.log.taskId, watcher, page)
    return watcher
  }

  leave(watcher: Recorder): void {
    watcher.isClosed = true
    this.feeds.detach(this.log.taskId, watcher)
  }
}

describe.each([
  { whose: 'by this process and others', isAlone: false },
  { whose: 'by nobody but this manager', isAlone: true },
])('a feed of a log that is written $whose', ({ isAlone }) => {
  it('sends what is committed without reading it again', async () => {
    const world = new World({ isAlone })
    const watcher = await world.attach(new Recorder())
    await turns(20)
    const { reads } = world.log
    for (let commits = 0; commits < 20; commits++) {
      world.log.commit(3)
      expect(watcher.indexes).toEqual(range(0, 3 * (commits + 1)))
      await turns(5)
    }
    expect(world.log.reads).toBe(reads)
    // What no event tells of is looked for a moment later, once for all of them.
    world.log.status = 'cancel_requested'
    world.clock.advance(1_000)
    await until(() => watcher.ops.filter((op) => op === 'status').length === 2)
    expect(world.log.reads).toBe(reads + 1)
  })

  it('tells a change of the status at once, and the end', async () => {
    const world = new World({ isAlone })
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    world.log.commit(1)
    world.log.change('cancel_requested')
    await until(() => watcher.ops.filter((op) => op === 'status').length === 2)
    world.log.status = 'canceled'
    world.log.commit(1, 'task_complete')
    await until(() => watcher.ends === 1)
    expect(watcher.indexes).toEqual([0, 1])
    expect(watcher.ops.slice(-2)).toEqual(['status', 'end'])
  })
})

describe('a feed', () => {
  it('reads what is not simply the next part', async () => {
    const world = new World()
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    // Another process wrote in between, and its hint was lost.
    world.log.appendSilently(2)
    world.log.commit(1)
    await until(() => watcher.indexes.length === 3)
    expect(watcher.indexes).toEqual([0, 1, 2])
  })

  it('of a manager that is alone needs no hints, and looks after a place in the queue', async () => {
    const world = new World({ isAlone: true })
    world.log.status = 'pending'
    world.log.queuePosition = 2
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    expect(world.log.watchers).toBe(0)
    world.log.queuePosition = 1
    world.log.changeOther('running')
    await until(() => watcher.ops.length === 2)
    expect(watcher.ops).toEqual(['status', 'status'])
    // Nothing is read for the sake of other tasks once it is out of the queue.
    world.log.queuePosition = null
    world.log.change('running')
    await until(() => watcher.ops.length === 3)
    const { reads } = world.log
    world.log.changeOther('succeeded')
    await turns(5)
    expect(world.log.reads).toBe(reads)
  })

  it('sends the task, what there is, what comes, and the end', async () => {
    const world = new World()
    world.log.append(3)
    const watcher = await world.attach(new Recorder())
    expect(watcher.ops).toEqual(['status', 'events'])
    await until(() => watcher.caughtUp === 1)
    world.log.append(2)
    await until(() => watcher.indexes.length === 5)
    world.log.end()
    await until(() => watcher.ends === 1)
    expect(watcher.indexes).toEqual(range(0, 6))
    expect(watcher.ops).toEqual(['status', 'events', 'events', 'events', 'status', 'end'])
    expect(watcher.messages.at(-2)).toMatchObject({
      op: 'status',
      epoch: 'e1',
      task: { status: 'succeeded' },
    })
    expect(world.log.watchers).toBe(0)
  })

  it('reads a log once for all its watchers, and writes each frame once', async () => {
    const world = new World()
    const watchers = await Promise.all(range(0, 50).map(() => world.attach(new Recorder())))
    await until(() => watchers.every(({ caughtUp }) => caughtUp === 1))
    for (let round = 0; round < 3; round++) {
      world.log.append(1)
      await until(() => watchers.every(({ indexes }) => indexes.length === round + 1))
    }
    const before = world.log.reads
    world.log.append(4)
    await until(() => watchers.every(({ indexes }) => indexes.length === 7))
    expect(world.log.reads).toBe(before + 1)
    expect(new Set(watchers.map(({ frames }) => frames.at(-1))).size).toBe(1)
    expect(world.log.watchers).toBe(1)
  })

  it('sends every watcher a log without a gap or a repetition, whenever it comes and goes', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant('attach' as const), cursor: fc.nat(30), isSlow: fc.boolean() }),
      fc.record({ do: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ do: fc.constant('trim' as const), by: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 4 }) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.nat(3), { minLength: 1 }),
        async (steps, delays) => {
          const world = new World()
          const { log } = world
          let call = 0
          log.beforeAnswer = () => turns(delays[call++ % delays.length] ?? 0)
          const watchers: { start: number; watcher: Recorder }[] = []
          const attaching: Promise<unknown>[] = []
          for (const step of steps) {
            if (step.do === 'append') log.append(step.count)
            else if (step.do === 'wait') await turns(step.turns)
            else if (step.do === 'trim') log.firstIdx = Math.min(log.nextIdx, log.firstIdx + step.by)
            else if (step.do === 'leave') {
              const left = watchers.splice(step.which % Math.max(1, watchers.length), 1)
              for (const { watcher } of left) world.leave(watcher)
            } else {
              const start = Math.min(step.cursor, log.nextIdx)
              const watcher = new Recorder(start, { epoch: 'e1' })
              if (step.isSlow) watcher.drained = () => turns(3)
              watchers.push({ start, watcher })
              attaching.push(world.attach(watcher).then(() => watcher.isClosed && world.leave(watcher)))
            }
          }
          await Promise.all(attaching)
          log.end()
          await until(() => watchers.every(({ watcher }) => watcher.ends > 0 || watcher.failure !== null))
          for (const { start, watcher } of watchers) {
            expect(watcher.failure).toBeNull()
            expect(watcher.ends).toBe(1)
            expectContiguous(watcher, start, log.nextIdx)
          }
          expect(log.watchers).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('gathers what comes within batchMs, the first of it at once', async () => {
    const world = new World({ batchMs: 16 })
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    world.log.append(1)
    await until(() => watcher.indexes.length === 1)
    const before = world.log.reads
    world.log.append(1)
    world.log.append(1)
    world.clock.advance(15)
    await turns(5)
    expect(watcher.indexes).toEqual([0])
    world.clock.advance(1)
    await until(() => watcher.indexes.length === 3)
    expect(watcher.messages.filter(({ op }) => op === 'events')).toHaveLength(2)
    expect(world.log.reads).toBe(before + 1)
    // After a pause, the next one is the first again.
    world.clock.advance(16)
    world.log.append(1)
    await until(() => watcher.indexes.length === 4)
  })

  it('voids the cursor of another epoch, and sends that log from its beginning', async () => {
    const world = new World()
    world.log.append(4)
    const behind = await world.attach(new Recorder(2, { epoch: 'older' }))
    await until(() => behind.caughtUp === 1)
    expect(behind.messages[0]).toEqual({ op: 'reset', task_id: 't1', epoch: 'e1', first_idx: 0 })
    expect(behind.indexes).toEqual(range(0, 4))

    world.log.recreate('e2')
    world.log.append(2)
    await until(() => behind.indexes.length === 6)
    expect(behind.messages.filter(({ op }) => op === 'reset').at(-1)).toMatchObject({ epoch: 'e2' })
    expect(behind.indexes).toEqual([0, 1, 2, 3, 0, 1])
    world.log.append(1)
    await until(() => behind.indexes.at(-1) === 2)
  })

  it('voids a cursor beyond the end, whether it names an epoch or not, and keeps the others', async () => {
    const world = new World()
    world.log.append(2)
    const other = await world.attach(new Recorder())
    await until(() => other.caughtUp === 1)
    for (const epoch of ['e1', null]) {
      const ahead = await world.attach(new Recorder(Number.MAX_SAFE_INTEGER, { epoch }))
      await until(() => ahead.caughtUp === 1)
      expect(ahead.ops[0]).toBe('reset')
      expect(ahead.indexes).toEqual(range(0, world.log.nextIdx))
      world.log.append(1)
      await until(() => ahead.indexes.length === world.log.nextIdx)
    }
    await until(() => other.indexes.length === 4)
    const { reads } = world.log
    await turns(20)
    expect(world.log.reads).toBe(reads)
  })

  it('says that events are gone to a watcher that takes no snapshot, and sends a snapshot to one that does', async () => {
    const world = new World()
    world.log.append(6)
    world.log.firstIdx = 4
    world.log.snapshot = { at: 5, fold: 'blocks@1', state: '{"a":1}' }
    const without = await world.attach(new Recorder(1, { epoch: 'e1' }))
    const withFold = await world.attach(new Recorder(1, { epoch: 'e1', folds: ['blocks@1'] }))
    await until(() => without.caughtUp + withFold.caughtUp === 2)
    expect(without.messages.slice(1)).toEqual([
      { op: 'reset', task_id: 't1', epoch: 'e1', first_idx: 4 },
      expect.objectContaining({ op: 'events', next_offset: 6 }),
    ])
    expect(without.indexes).toEqual([4, 5])
    expect(withFold.messages[1]).toEqual({
      op: 'snapshot',
      task_id: 't1',
      snapshot: { at: 5, fold: 'blocks@1', state: { a: 1 } },
    })
    expect(withFold.indexes).toEqual([5])
    // Both stand at the end now.
    world.log.append(1)
    await until(() => without.indexes.at(-1) === 6 && withFold.indexes.at(-1) === 6)
  })

  it('lets those who fell behind the cap between two looks catch up on their own', async () => {
    const world = new World()
    world.log.append(1)
    const watcher = await world.attach(new Recorder(0, { folds: ['blocks@1'] }))
    await until(() => watcher.caughtUp === 1)
    world.log.append(9)
    world.log.firstIdx = 8
    world.log.snapshot = { at: 8, fold: 'blocks@1', state: '[]' }
    await until(() => watcher.indexes.at(-1) === 9)
    expect(watcher.indexes).toEqual([0, 8, 9])
    expect(watcher.ops).toContain('snapshot')
  })

  it('tells everybody when the task is gone', async () => {
    const world = new World()
    world.log.append(1)
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    world.log.isDeleted = true
    world.log.hint()
    await until(() => watcher.failure !== null)
    expect(TaskError.is(watcher.failure, 'task_not_found')).toBe(true)
    expect(world.log.watchers).toBe(0)
  })

  it('keeps its watchers while the store is away, and goes on where it was', async () => {
    const world = new World()
    const watcher = await world.attach(new Recorder())
    await until(() => watcher.caughtUp === 1)
    world.log.append(1)
    await until(() => watcher.indexes.length === 1)
    world.log.failure = new TaskError('store_unavailable', 'The store is away.')
    world.log.append(3)
    await turns(5)
    expect(watcher.indexes).toEqual([0])
    world.log.failure = null
    world.log.hint()
    await until(() => watcher.indexes.length === 4)
    expect(watcher.indexes).toEqual(range(0, 4))
    expect(watcher.failure).toBeNull()
  })

  it('sends a watcher that is far behind a page at a time, as it reads', async () => {
    const world = new World()
    world.log.append(2_500)
    const watcher = new Recorder()
    let go = (): void => {}
    watcher.drained = () =>
      new Promise((resolve) => {
        go = resolve
      })
    await world.attach(watcher)
    await turns(5)
    expect(watcher.indexes).toHaveLength(1_000)
    go()
    await until(() => watcher.indexes.length === 2_000)
    await turns(5)
    expect(watcher.caughtUp).toBe(0)
    go()
    await until(() => watcher.caughtUp === 1)
    expect(watcher.indexes).toEqual(range(0, 2_500))
  })

  it('forgets a watcher that is cut off by what it is sent', async () => {
    const world = new World()
    world.log.append(2)
    const first = new Recorder()
    first.onSend = () => world.leave(first)
    await world.attach(first)
    await turns(5)
    expect(first.messages).toHaveLength(1)
    expect(world.log.watchers).toBe(0)

    const live = await world.attach(new Recorder())
    await until(() => live.caughtUp === 1)
    live.onSend = () => world.leave(live)
    world.log.append(1)
    await until(() => live.indexes.length === 3)
    expect(world.log.watchers).toBe(0)
  })

  it('does not mistake the failure of one who left for the end of those who came after', async () => {
    const world = new World()
    world.log.append(1_500)
    const early = new Recorder()
    let fail = (_error: Error): void => {}
    const page = await world.log.manager.read('t1', pageQuery(0, null))
    if (page === null) throw new Error('the log is gone')
    world.log.beforeAnswer = () =>
      new Promise((_resolve, reject) => {
        fail = reject
      })
    world.feeds.attach('t1', early, page)
    await until(() => world.log.reads === 2)
    world.leave(early)

    world.log.beforeAnswer = async () => {}
    const second = await world.attach(new Recorder(1_500))
    await until(() => second.caughtUp === 1)
    fail(new Error('too late'))
    await turns(2)
    const third = await world.attach(new Recorder(1_500))
    await until(() => third.caughtUp === 1)
    expect(world.log.watchers).toBe(1)
    world.leave(second)
    world.leave(third)
    expect(world.log.watchers).toBe(0)
  })
})

/** Where something is missing, a reset has said so. */
function expectContiguous(watcher: Recorder, start: number, end: number): void {
  let next = start
  for (const message of watcher.messages) {
    if (message.op === 'reset') next = Math.max(next, message.first_idx)
    if (message.op !== 'events') continue
    const [first] = message.events
    // A trim after the read that found the reset due may have gone on.
    expect(first?.idx).toBeGreaterThanOrEqual(next)
    if (first !== undefined && first.idx > next) throw new Error(`a gap before ${first.idx}, at ${next}`)
    expect(message.events.map(({ idx }) => idx)).toEqual(range(next, message.next_offset))
    next = message.next_offset
  }
  expect(next).toBe(end)
}
