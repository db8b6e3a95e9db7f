import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Append, Signal, TaskStore } from '../../../src/store/index.ts'
import { memoryStore } from '../../../src/stores/memory/index.ts'
import { sqliteStore } from '../../../src/stores/sqlite/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { openSqlite } from './open-sqlite.ts'
import { sqliteDrivers } from './sqlite-drivers.ts'

const task = fc.nat(5)
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { freq: 3 })

const signal = fc.constantFrom<Signal>(
  { kind: 'stop', key: 'stop', reason: 'user', actor: 'ann' },
  { kind: 'cancel_tool', key: 'tool:1', actor: 'bob' },
  { kind: 'input', key: 'input:1', value: '"\\u0000"', actor: 'a\ud800' },
)

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      scope: fc.constantFrom('a', 'b', null),
      user: fc.constantFrom('ann', 'b\0b'),
      key: maybe(fc.constantFrom('k1', 'k2')),
      onConflict: fc.constantFrom(
        ...(['reject', 'attach', 'replace'] as const).map((policy) => ({ policy })),
        { policy: 'queue' as const, max: 3 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      task,
      claim: fc.nat(30),
      purpose: fc.constantFrom('run' as const, 'finish' as const),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      task,
      repeat: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      offset: fc.constantFrom(0, 0, 0, 0, 0, -1, 2),
      count: fc.constantFrom(0, 1, 2, 40),
      plain: fc.boolean(),
      trim: maybe(fc.integer({ min: -30, max: 5 })),
      snapshot: maybe(fc.constantFrom('f@1', 'f@2')),
      epoch: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      settles: maybe(fc.constantFrom<Signal['key'][]>(['stop'], ['tool:1', 'input:1'])),
      carry: maybe(fc.constantFrom('1', '2')),
      unlessStopped: fc.boolean(),
      final: maybe(fc.constantFrom(...(['succeeded', 'failed', 'canceled'] as const))),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('signal' as const), task, signal }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('release' as const), task, refundAttempt: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('check' as const), renewMs: maybe(fc.nat(900)) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(700) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), task }) },
  {
    weight: 1,
    // All or nothing: of those that may go, a store chooses whom it takes first.
    arbitrary: fc.record({
      do: fc.constant('sweep' as const),
      keepPerUser: fc.nat(3),
      limit: fc.constantFrom(0, 100),
    }),
  },
)

type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never

/** What the calls have in common: ids and tokens are the same in both stores, for both draw the same random bytes. */
interface Known {
  tasks: { id: string; tokens: string[]; nextIdx: number; last: Append | null }[]
  calls: number
}

/** Makes the call that a command stands for, and answers what the store said. */
async function runCommand(store: TaskStore, step: Command, known: Known, now: number): Promise<unknown> {
  const call = ++known.calls
  if (step.do === 'create') {
    const draft = {
      id: store.newTaskId('ann'),
      type: 'chat',
      userId: step.user,
      workspaceId: 'default',
      conversationId: null,
      scope: step.scope,
      input: `${call}`,
      summary: '{}',
      session: null,
      deadlineAt: null,
      idempotency: step.key === null ? null : { key: step.key, bodyHash: 'h', ttlMs: 1_000 },
    }
    const answer = await store.createTask(draft, step.onConflict)
    if (answer.outcome === 'created') {
      known.tasks.unshift({ id: draft.id, tokens: [], nextIdx: 0, last: null })
    }
    return answer
  }
  if (step.do === 'check') {
    const own = known.tasks.map(({ id, tokens }) => ({ taskId: id, token: tokens[0] ?? 'none' }))
    return store.checkLeases(own, step.renewMs ?? undefined)
  }
  if (step.do === 'sweep') return store.deleteFinished({ ...step, beforeMs: now - 2_000 })
  if (step.do === 'advance') return null
  const seen = known.tasks[step.task]
  if (seen === undefined) return null
  const { id } = seen
  switch (step.do) {
    case 'signal':
      return store.signal(id, step.signal)
    case 'release':
      return store.releaseLease(id, seen.tokens[0] ?? 'none', step)
    case 'delete':
      return store.deleteTask(id)
    case 'acquire': {
      const beat = (await workOf(store)).find(({ taskId }) => taskId === id)?.beat ?? 0
      const answer = await store.acquireLease(id, {
        claimId: `c${step.claim}`,
        owner: 'n',
        ttlMs: 1_000,
        purpose: step.purpose,
        ...(seen.tokens[0] === undefined ? {} : { seen: { token: seen.tokens[0], beat } }),
      })
      if (answer.outcome === 'acquired' && answer.token !== seen.tokens[0]) seen.tokens.unshift(answer.token)
      return answer
    }
    case 'append': {
      const at = Math.max(0, seen.nextIdx + step.offset)
      const end = at + step.count
      const more: Partial<Append> = {
        ...(step.trim === null ? {} : { trimTo: end + step.trim }),
        ...(step.snapshot === null ? {} : { snapshot: { at: end, fold: step.snapshot, state: `${call}` } }),
        ...(step.epoch ? { newEpoch: `e${call}` } : {}),
        ...(step.final === null ? {} : { final: { status: step.final, result: '1' } }),
      }
      const fresh: Append = {
        taskId: id,
        token: seen.tokens[step.stale ? 1 : 0] ?? 'none',
        at,
        events: Array.from({ length: step.count }, (_, i) => JSON.stringify({ idx: at + i, call })),
        ...(step.settles === null ? {} : { settles: step.settles }),
        ...(step.carry === null ? {} : { carry: step.carry, patch: { progress: step.carry } }),
        ...(step.unlessStopped ? { unlessStopped: true as const } : {}),
        // Most appends are plain ones, which a store may have a shorter way for.
        ...(step.plain ? {} : more),
      }
      const append = step.repeat && seen.last !== null ? seen.last : fresh
      const other = { ...fresh, taskId: 'nobody' }
      const answers = await store.append([other, append])
      if (answers[1]?.outcome === 'ok') Object.assign(seen, { nextIdx: answers[1].nextIdx, last: append })
      return answers
    }
  }
}

function workOf(store: TaskStore): ReturnType<TaskStore['listWork']> {
  return store.listWork({ types: ['chat', 'other'], pendingForMs: 100, expiringWithinMs: 300, limit: 4 })
}

/** Everything that a store can be asked. */
async function viewOf(store: TaskStore, known: Known, from: number): Promise<unknown> {
  const query = { from, limit: 15, maxBytes: 200, folds: ['f@1'] }
  const pages: unknown[] = []
  for (const { id } of known.tasks) {
    pages.push(await store.getTask(id))
    pages.push(await store.readEvents(id, query), await store.readEvents(id, { ...query, prefer: 'smaller' }))
  }
  const list = { userId: 'ann', limit: 2, status: ['pending', 'running', 'succeeded'] } as const
  const first = await store.listTasks(list)
  const cursor = first.nextCursor ?? 'none'
  return [pages, first, await store.listTasks({ ...list, cursor }), await workOf(store), await store.stats()]
}

for (const driver of sqliteDrivers()) {
  describe(`sqliteStore on ${driver.name}`, () => {
    it('answers every call as the memory store does', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(command, { minLength: 5, maxLength: 60, size: 'max' }),
          async (commands) => {
            let time = 1_767_225_600_000
            const now = () => time
            function random(): (bytes: number) => Uint8Array {
              const next = seededRandom(1)
              return (bytes) => Uint8Array.from({ length: bytes }, () => next() * 256)
            }
            const file = openSqlite(driver)
            const stores = [
              memoryStore({ now, random: random() }),
              sqliteStore(file.connect(), { now, random: random() }),
            ]
            const knowns = stores.map((): Known => ({ tasks: [], calls: 0 }))
            try {
              for (const step of commands) {
                if (step.do === 'advance') time += step.ms
                const said: unknown[] = []
                for (const [i, store] of stores.entries()) {
                  const known = knowns[i]
                  if (known === undefined) continue
                  said.push([
                    await runCommand(store, step, known, time),
                    await viewOf(store, known, time % 25),
                  ])
                }
                expect(said[1]).toEqual(said[0])
              }
              expect(file.integrity()).toBe('ok')
            } finally {
              file.dispose()
            }
          },
        ),
        { numRuns: 150 },
      )
    }, 180_000)
  })
}
