import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { blockFold, type Fold, reduceEvents } from '../../src/blocks/index.ts'
import { systemClock } from '../../src/clock.ts'
import { TaskError } from '../../src/errors.ts'
import { resolveLimits } from '../../src/limits.ts'
import type { WriterOptions } from '../../src/log/event-writer.ts'
import { AppendBatcher, BufferBudget, EventWriter } from '../../src/log/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import type { Append, Claim, Signal, TaskStore } from '../../src/store/index.ts'
import { memoryStore } from '../../src/stores/memory/index.ts'
import { type Fault, type FaultyStore, faultyStore, listedFaults } from '../../src/testing/index.ts'
import { openTask } from '../support/open-task.ts'

const impatient = {
  now: () => Date.now(),
  schedule: (callback: () => void) => systemClock.schedule(callback, 0),
}

interface Setup {
  writer: EventWriter
  signals: Signal[]
  errors: unknown[]
  isLost: () => boolean
}

function writerFor(store: TaskStore, claim: Claim, options: Partial<WriterOptions> = {}): Setup {
  const signals: Signal[] = []
  const errors: unknown[] = []
  let lost = false
  const writer = new EventWriter(
    {
      batcher: new AppendBatcher(store),
      clock: impatient,
      limits: resolveLimits(),
      budget: new BufferBudget(resolveLimits().maxBufferedBytes),
      fold: blockFold as Fold,
      newEpoch: () => 'epoch-2',
      onError: (error) => errors.push(error),
      onCommit: () => {},
      onSignals: (some) => signals.push(...some),
      onLost: () => {
        lost = true
      },
      ...options,
    },
    { task: claim.task, token: claim.token, fold: { state: blockFold.initial, at: 0 } },
  )
  return { writer, signals, errors, isLost: () => lost }
}

async function log(store: TaskStore, id: string, from = 0): Promise<TaskEvent[]> {
  const page = await store.readEvents(id, { from, limit: 1e9, maxBytes: 1e9 })
  return page?.events.map((text) => JSON.parse(text) as TaskEvent) ?? []
}

/** A store whose appends fail as listed. */
const faultyAppends = (faults: readonly Fault[]): FaultyStore =>
  faultyStore(memoryStore(), listedFaults(faults, { methods: ['append'] }))

/** The batches that were sent to a store, those that failed included. */
const batchesSent = ({ calls }: FaultyStore): (readonly Append[])[] =>
  calls.flatMap((call) => (call.method === 'append' ? [call.args[0]] : []))

const texts = (events: readonly TaskEvent[]): unknown[] =>
  events.map((event) => (event.data as { content?: string }).content)

describe('EventWriter', () => {
  it('stores what was emitted in one tick with one append', async () => {
    const faulty = faultyAppends([])
    const { store } = faulty
    const claim = await openTask(store)
    const { writer } = writerFor(store, claim)
    for (const content of ['a', 'b', 'c']) writer.emit('text_chunk', { content })
    await writer.flush()
    expect(batchesSent(faulty)).toHaveLength(1)
    expect(texts(await log(store, claim.task.id))).toEqual(['a', 'b', 'c'])
  })

  it('stores the data as it was when it was emitted', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const { writer } = writerFor(store, claim)
    const data = { content: 'before', nested: { list: [1] } }
    writer.emit('x_event', data)
    data.content = 'after'
    data.nested.list.push(2)
    await writer.flush()
    expect((await log(store, claim.task.id))[0]?.data).toEqual({ content: 'before', nested: { list: [1] } })
  })

  it('leaves no hole when the gate refuses, and keeps what was emitted meanwhile', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const { writer, signals } = writerFor(store, claim)
    writer.emit('text_chunk', { content: 'before' })
    await store.signal(claim.task.id, { kind: 'stop', key: 'stop', reason: 'r', actor: 'a' })
    const gate = writer.commit({
      events: [{ type: 'tool_start', data: { id: 't', name: 'n' } }],
      unlessStopped: true,
    })
    writer.emit('text_chunk', { content: 'after' })
    expect(await gate).toBe('stopped')
    await writer.flush()
    const events = await log(store, claim.task.id)
    expect(events.map((event) => event.idx)).toEqual([0, 1])
    expect(texts(events)).toEqual(['before', 'after'])
    expect(signals.some((signal) => signal.kind === 'stop' && signal.reason === 'r')).toBe(true)
  })

  it('R3 · repeats an append byte for byte until the store answers, and doubles nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Fault>('none', 'before', 'after'), { maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
        async (faults, bursts) => {
          const faulty = faultyAppends(faults)
          const { store } = faulty
          const claim = await openTask(store)
          const { writer, isLost } = writerFor(store, claim)
          const expected: string[] = []
          for (const burst of bursts) {
            for (let i = 0; i <= burst; i++) {
              const content = `event ${expected.length}`
              expected.push(content)
              writer.emit('text_chunk', { content })
            }
            await writer.flush()
          }
          const events = await log(store, claim.task.id)
          expect(texts(events)).toEqual(expected)
          expect(events.map((event) => event.idx)).toEqual(expected.map((_, idx) => idx))
          expect(isLost()).toBe(false)
          const byIdx = new Map<number, string>()
          for (const append of batchesSent(faulty).flat()) {
            for (const [position, text] of append.events.entries()) {
              const first = byIdx.get(append.at + position)
              if (first === undefined) byIdx.set(append.at + position, text)
              else expect(text).toBe(first)
            }
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('gives up when somebody else holds the lease', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const { writer, isLost } = writerFor(store, { ...claim, token: '0:somebody' })
    writer.emit('text_chunk', { content: 'x' })
    await writer.flush()
    expect(isLost()).toBe(true)
    expect(writer.emit('text_chunk', { content: 'y' })).toBe(false)
    expect(await writer.commit({ events: [] })).toBe('lost')
    expect(await log(store, claim.task.id)).toEqual([])
  })

  it('R5 · goes on in a new epoch, behind a snapshot of all it knows, when the store has lost acknowledged events', async () => {
    const real = memoryStore()
    let losing = false
    const forgetful: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: async (batch: Parameters<TaskStore['append']>[0]) => {
        if (!losing) return real.append(batch)
        losing = false
        return [{ outcome: 'gap' as const, nextIdx: 1 }]
      },
    })
    const claim = await openTask(forgetful)
    const { writer } = writerFor(forgetful, claim)
    writer.emit('text_chunk', { content: 'one ' })
    writer.emit('text_chunk', { content: 'two ' })
    await writer.flush()
    losing = true
    writer.emit('text_chunk', { content: 'three' })
    await writer.flush()
    const page = await real.readEvents(claim.task.id, {
      from: 0,
      limit: 10,
      maxBytes: 1e6,
      folds: ['blocks@1'],
    })
    expect(page?.task.epoch).toBe('epoch-2')
    const state = reduceEvents(
      JSON.parse(page?.snapshot?.state ?? 'null'),
      page?.events.map((text) => JSON.parse(text)) ?? [],
    )
    expect(state.blocks).toMatchObject([{ type: 'text', content: 'one two three' }])
  })

  it('says when much is waiting, and refuses more than the hard bound', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const limits = resolveLimits({ maxEventBytes: 10_000, softBufferBytes: 1_000, hardBufferBytes: 20_000 })
    const { writer } = writerFor(store, claim, { limits })
    const content = 'x'.repeat(600)
    expect(writer.emit('text_chunk', { content })).toBe(true)
    expect(writer.emit('text_chunk', { content })).toBe(false)
    await writer.flush()
    expect(writer.emit('text_chunk', { content })).toBe(true)
    const flood = (): void => {
      for (let i = 0; i < 100; i++) writer.emit('text_chunk', { content })
    }
    expect(flood).toThrow(/await flush/)
    await writer.flush()
    expect((await log(store, claim.task.id)).length).toBeLessThan(40)
  })

  it("shares the manager's bound with the other writers", async () => {
    const real = memoryStore()
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: async (batch: Parameters<TaskStore['append']>[0]) => {
        await opened
        return real.append(batch)
      },
    })
    const budget = new BufferBudget(20_000)
    const [one, other] = [await openTask(store), await openTask(store)].map((claim) =>
      writerFor(store, claim, { budget }),
    )
    const content = 'x'.repeat(6_000)
    expect(one?.writer.emit('text_chunk', { content })).toBe(true)
    expect(one?.writer.emit('text_chunk', { content })).toBe(false)
    // The other one's own buffer is empty.
    expect(other?.writer.emit('text_chunk', { content: 'x' })).toBe(false)
    expect(other?.writer.emit('text_chunk', { content })).toBe(false)
    expect(() => other?.writer.emit('text_chunk', { content })).toThrow(/maxBufferedBytes.*await flush/)
    open()
    await Promise.all([one?.writer.flush(), other?.writer.flush()])
    expect(other?.writer.emit('text_chunk', { content })).toBe(true)
    expect(budget.hasRoomFor(20_000 - 2 * content.length)).toBe(true)
  })

  it('gives back what it has taken of the bound when the task is lost', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const budget = new BufferBudget(100_000)
    const { writer } = writerFor(store, { ...claim, token: '0:somebody' }, { budget })
    for (let i = 0; i < 10; i++) writer.emit('text_chunk', { content: 'x'.repeat(5_000) })
    void writer.commit({ events: [{ type: 'x_last', data: {} }] })
    expect(budget.hasRoomFor(60_000)).toBe(false)
    await writer.flush()
    expect(budget.hasRoomFor(100_000)).toBe(true)
  })

  it('refuses data that has no JSON or is too large', async () => {
    const store = memoryStore()
    const { writer } = writerFor(store, await openTask(store))
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    for (const data of [cyclic, { n: 1n }, { toJSON: () => 'text' }, { big: 'é'.repeat(200_000) }]) {
      const thrown = (() => {
        try {
          writer.emit('x_event', data)
          return null
        } catch (error) {
          return error
        }
      })()
      expect(TaskError.is(thrown, 'invalid_event')).toBe(true)
    }
  })

  it('never lets ts go back, whatever the clock does', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    let now = claim.task.createdAt + 5_000
    const clock = { ...impatient, now: () => now }
    const { writer } = writerFor(store, claim, { clock })
    writer.emit('x_event', {})
    now -= 60_000
    writer.emit('x_event', {})
    await writer.flush()
    const [first, second] = await log(store, claim.task.id)
    expect(second?.ts).toBe(first?.ts)
  })

  it('does work in proportion to the tools that are open at once', async () => {
    /** Characters of JSON made, and entries put into maps: what grew with every open tool for every append. */
    async function workOf(tools: number): Promise<number> {
      const store = memoryStore()
      const claim = await openTask(store)
      const { writer } = writerFor(store, claim)
      let work = 0
      const real = { stringify: JSON.stringify, set: Map.prototype.set }
      const spies = [
        vi.spyOn(JSON, 'stringify').mockImplementation((...args: unknown[]) => {
          const json = Reflect.apply(real.stringify, JSON, args) as string
          work += json.length
          return json
        }),
        vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, ...args) {
          work++
          return Reflect.apply(real.set, this, args) as Map<unknown, unknown>
        }),
      ]
      const ids = Array.from({ length: tools }, (_, i) => `call_${i}`)
      for (const id of ids) {
        await writer.commit({
          events: [{ type: 'tool_start', data: { id, name: 'n' } }],
          unlessStopped: true,
        })
      }
      for (const id of ids) {
        writer.emit('update_action', { id, status: 'completed' })
        await writer.flush()
      }
      for (const spy of spies) spy.mockRestore()
      expect((await store.getTask(claim.task.id))?.carry).toContain('"open":[]')
      return work
    }
    const [some, twice] = [await workOf(1_000), await workOf(2_000)]
    expect(twice / some).toBeLessThan(2.3)
  })

  it('trims without a snapshot when the reducer throws, and says so once', async () => {
    const store = memoryStore()
    const claim = await openTask(store)
    const fold: Fold = {
      name: 'broken@1',
      initial: null,
      reduce() {
        throw new Error('bad reducer')
      },
    }
    const limits = resolveLimits({ maxEvents: 50 })
    const { writer, errors, isLost } = writerFor(store, claim, { fold, limits })
    for (let i = 0; i < 400; i++) {
      writer.emit('text_chunk', { content: 'x' })
      if (i % 10 === 0) await writer.flush()
    }
    await writer.flush()
    const task = await store.getTask(claim.task.id)
    expect(task).toMatchObject({ nextIdx: 400, snapshot: null })
    expect(task?.firstIdx).toBeGreaterThanOrEqual(400 - 75)
    expect(errors).toHaveLength(1)
    expect(isLost()).toBe(false)
  })
})
