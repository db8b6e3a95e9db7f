import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockFold } from '../../src/blocks/index.ts'
import { createTaskHandler } from '../../src/http/index.ts'
import type { Claim, TaskContext, TaskStore } from '../../src/index.ts'
import { isFinalStatus, type TaskEvent } from '../../src/protocol/index.ts'
import { faultyStore, randomFaults, replayTask } from '../../src/testing/index.ts'
import { eachStore } from '../support/each-store.ts'
import { manualClock } from '../support/manual-clock.ts'
import { openTask } from '../support/open-task.ts'
import { eventsOf, managerFor, until } from '../support/test-manager.ts'

const whole = { from: 0, limit: 1e6, maxBytes: 1e9 }
const text = (idx: number, by: string): string => JSON.stringify({ idx, by })

/** Everything that a write could change. */
async function stateOf(store: TaskStore, id: string): Promise<unknown> {
  const work = await store.listWork({ pendingForMs: 0, expiringWithinMs: 1e9, limit: 100 })
  return { page: await store.readEvents(id, { ...whole, folds: ['f@1'], prefer: 'smaller' }), work }
}

describe.each(eachStore)('a log in $name', ({ open }) => {
  it('R1, R2 · is numbered without a gap by one owner after the other, and takes nothing from a former one', async () => {
    let time = 1_700_000_000_000
    const node = open({ now: () => time })
    const [store, other] = [node(), node()]
    const owners: Claim[] = [await openTask(store)]
    const { id } = owners[0]?.task ?? { id: '' }
    let next = 0
    for (let turn = 0; turn < 6; turn++) {
      const { token } = owners.at(-1) as Claim
      for (const count of [1, 3, 2]) {
        const events = Array.from({ length: count }, (_, i) => text(next + i, token))
        expect(await store.append([{ taskId: id, token, at: next, events }])).toMatchObject([
          { outcome: 'ok', nextIdx: next + count },
        ])
        next += count
      }
      time += 120_000
      const claim = await other.acquireLease(id, {
        claimId: `claim ${turn}`,
        owner: `owner ${turn}`,
        ttlMs: 60_000,
        purpose: 'run',
        seen: { token, beat: 0 },
      })
      if (claim.outcome !== 'acquired') throw new Error(claim.outcome)

      const before = await stateOf(store, id)
      const late = { taskId: id, token, at: next }
      const writes = [
        { ...late, events: [text(next, 'late')] },
        { ...late, events: [], patch: { progress: '1' }, carry: '"late"' },
        { ...late, events: [], snapshot: { at: next, fold: 'f@1', state: '"late"' }, trimTo: next },
        { ...late, events: [text(next, 'late')], final: { status: 'succeeded' as const } },
        { ...late, events: [], newEpoch: 'late' },
      ]
      for (const write of writes) expect(await store.append([write])).toEqual([{ outcome: 'fenced' }])
      expect(await store.checkLeases([{ taskId: id, token }], 60_000)).toEqual([
        { taskId: id, state: 'lost' },
      ])
      expect(await store.releaseLease(id, token, { refundAttempt: true })).toBe('fenced')
      expect(await stateOf(store, id)).toEqual(before)
      owners.push(claim)
    }
    const page = await store.readEvents(id, whole)
    expect(page?.events.map((json) => (JSON.parse(json) as TaskEvent).idx)).toEqual(
      Array.from({ length: next }, (_, idx) => idx),
    )
  })

  it('R3 · is what it would have been, however many answers of the store are lost on the way', async () => {
    const run = async ({ emit, flush, tool }: TaskContext): Promise<string> => {
      for (let i = 0; i < 6; i++) {
        emit('text_chunk', { content: `${i} ` })
        await flush()
        await tool({ id: `t${i}`, name: 'n' }, () => i)
      }
      return 'done'
    }
    const logOf = async (share: number, seed: number): Promise<unknown[]> => {
      const clock = manualClock()
      const node = open({ now: clock.now })
      const plan = randomFaults({ seed, share, methods: ['append'] })
      const { store } = faultyStore(node(), plan)
      const manager = managerFor(run, { store, clock, onError: () => {} })
      let isOver = false
      manager.on('run_ended', () => {
        isOver = true
      })
      const task = await manager.create({ userId: 'ann', input: null })
      await until(() => {
        clock.advance(100)
        return isOver
      })
      return (await eventsOf(manager, task.id)).map(({ idx, type, data }) => ({ idx, type, data }))
    }
    const undisturbed = await logOf(0, 0)
    expect(undisturbed).toHaveLength(20)
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), async (seed) => {
        expect(await logOf(0.4, seed)).toEqual(undisturbed)
      }),
      { numRuns: 10 },
    )
  })

  it('R5 · tells a cursor of another epoch that it is void', async () => {
    const store = open()()
    const { task, token } = await openTask(store)
    const handler = createTaskHandler(
      managerFor(() => null, { store }),
      {
        authenticate: () => ({ userId: 'u1', via: 'token' }),
      },
    )
    const read = (query: string): Promise<Response> =>
      handler.fetch(new Request(`http://localhost/api/tasks/${task.id}?${query}`))
    await store.append([{ taskId: task.id, token, at: 0, events: [text(0, 'a'), text(1, 'a')] }])
    const page = (await (await read('from=0')).json()) as { data: { epoch: string } }
    const { epoch } = page.data
    expect((await read(`from=2&epoch=${epoch}`)).status).toBe(200)

    // What a writer does whose store has lost events that it had acknowledged.
    const snapshot = { at: 5, fold: 'blocks@1', state: '{}' }
    const repair = { taskId: task.id, token, at: 5, events: [text(5, 'a')], snapshot, newEpoch: 'second' }
    expect(await store.append([repair])).toMatchObject([{ outcome: 'ok' }])
    const answer = await read(`from=2&epoch=${epoch}`)
    expect(answer.status).toBe(410)
    expect(await answer.json()).toMatchObject({ code: 'cursor_void' })
    expect((await read('from=2&epoch=second')).status).toBe(200)
  })

  it('R5 · shows nobody an event before it is stored', async () => {
    const node = open()
    const real = node()
    let letGo = (): void => {}
    const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: async (batch: Parameters<TaskStore['append']>[0]) => {
        await new Promise<void>((resolve) => {
          letGo = resolve
        })
        return real.append(batch)
      },
    })
    const manager = managerFor(
      async ({ emit }) => {
        for (let i = 0; i < 3; i++) emit('text_chunk', { content: `${i}` })
      },
      { store },
    )
    const seen: string[] = []
    manager.on('events', (_, texts) => seen.push(...texts))
    const task = await manager.create({ userId: 'ann', input: null })
    const followed: string[] = []
    manager.subscribe(task.id, {}, (page) => followed.push(...page.events))
    for (let appends = 0; ; appends++) {
      const before = letGo
      for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
      const stored = (await node().readEvents(task.id, whole))?.events ?? []
      expect(seen).toEqual(stored)
      expect(followed).toEqual(stored)
      if (isFinalStatus((await node().getTask(task.id))?.status ?? 'pending')) break
      expect(appends, 'the run comes to its end').toBeLessThan(10)
      if (letGo === before && appends > 0) continue
      letGo()
    }
    expect(seen).toHaveLength(5)
  })

  it('R6, scenario 6 · keeps the newest events under their numbers, and the terminal one always', async () => {
    const store = open()()
    let user = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
        async (maxEvents, flushes) => {
          const known = new Map<number, string>()
          const look = async (taskId: string, most: number): Promise<void> => {
            const page = await store.readEvents(taskId, whole)
            if (page === null) throw new Error('the task is gone')
            const { firstIdx, nextIdx } = page.task
            expect(nextIdx - firstIdx).toBeLessThanOrEqual(most)
            expect(page.events).toHaveLength(nextIdx - firstIdx)
            for (const [i, json] of page.events.entries()) {
              const { idx } = JSON.parse(json) as TaskEvent
              expect(idx).toBe(firstIdx + i)
              expect(known.get(idx) ?? json).toBe(json)
              known.set(idx, json)
            }
          }
          const manager = managerFor(
            async ({ emit, flush, taskId }) => {
              for (const count of flushes) {
                for (let i = 0; i < count; i++) emit('x_mark', { i })
                await flush()
                await look(taskId, Math.max(count, Math.ceil(maxEvents * 1.5)))
              }
            },
            { store, limits: { maxEvents } },
          )
          const task = await manager.create({ userId: `u${user++}`, input: null })
          await task.finished()
          await look(task.id, maxEvents)
          const all = flushes.reduce((sum, count) => sum + count, 1)
          const end = await manager.read(task.id)
          expect(end?.task.nextIdx).toBe(all)
          expect(end?.events.at(-1)).toContain('"task_complete"')
        },
      ),
      { numRuns: 40 },
    )
  })

  it('scenario 6 · gives back the whole text of 40,000 deltas at a cap of 1,000', async () => {
    const store = open()()
    const expected: string[] = []
    const manager = managerFor(
      async ({ emit, flush }) => {
        for (let i = 0; i < 40_000; i++) {
          const content = i % 100 === 99 ? `word ${i}\n` : `w${i} 🌍`
          expected.push(content)
          emit('text_chunk', { content })
          if (i % 41 === 0) await flush()
        }
      },
      { store },
    )
    const task = await manager.create({ userId: 'ann', input: null })
    const { firstIdx, nextIdx } = await task.finished()
    expect(nextIdx - firstIdx).toBeLessThanOrEqual(1_000)
    const page = await store.readEvents(task.id, { ...whole, folds: [blockFold.name] })
    if (page === null) throw new Error('the task is gone')
    const { blocks } = replayTask(page)
    expect(blocks).toMatchObject([{ type: 'text', content: expected.join(''), open: false }])
  })

  it('R7 · is bounded by bytes, too, however few its events are', async () => {
    const store = open()()
    const maxBytes = 50_000
    let most = 0
    const bytesOf = async (taskId: string): Promise<number> => {
      const page = await store.readEvents(taskId, whole)
      return page?.events.reduce((sum, json) => sum + Buffer.byteLength(json), 0) ?? 0
    }
    const manager = managerFor(
      async ({ emit, flush, taskId }) => {
        for (let i = 0; i < 100; i++) {
          emit('x_large', { text: 'é'.repeat(2_000) })
          await flush()
          most = Math.max(most, await bytesOf(taskId))
        }
      },
      { store, limits: { maxBytes, maxEventBytes: 10_000 } },
    )
    const task = await manager.create({ userId: 'ann', input: null })
    await task.finished()
    expect(most).toBeGreaterThan(maxBytes / 2)
    expect(most).toBeLessThanOrEqual(maxBytes * 1.5)
    expect(await bytesOf(task.id)).toBeLessThanOrEqual(maxBytes)
  })

  it('L2 · is whole in the first answer that has a final status', async () => {
    const node = open()
    const manager = managerFor(
      async ({ emit, flush }) => {
        for (let i = 0; i < 5; i++) {
          emit('text_chunk', { content: `${i}` })
          if (i % 2 === 0) await flush()
        }
        return 'done'
      },
      { store: node(), concurrency: 8 },
    )
    const reader = managerFor(() => null, { store: node() })
    const read = async (taskId: string): Promise<string[]> => {
      const events: string[] = []
      for (;;) {
        const page = await reader.read(taskId, { from: events.length })
        events.push(...(page?.events ?? []))
        if (isFinalStatus(page?.task.status ?? 'pending')) return events
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const task = await manager.create({ userId: `u${i}`, input: null })
        if (i % 3 === 0) void task.cancel()
        const events = await read(task.id)
        expect(events.at(-1)).toContain('"task_complete"')
        await task.finished()
        expect((await manager.read(task.id))?.events).toEqual(events)
      }),
    )
  })
})
