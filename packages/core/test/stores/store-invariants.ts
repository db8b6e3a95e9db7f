import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FinalStatus, isFinalStatus } from '../../src/protocol/index.ts'
import type { LeaseToken, TaskRecord, TaskStore } from '../../src/store/index.ts'
import type { MakeStore, StoreHarness } from '../../src/testing/index.ts'

const finalStatuses: readonly FinalStatus[] = ['succeeded', 'failed', 'canceled']
const policies = [
  { policy: 'reject' },
  { policy: 'attach' },
  { policy: 'replace' },
  { policy: 'queue', max: 3 },
] as const

/** `task` and `token` choose among those that exist by then. */
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      scope: fc.constantFrom('a', 'b', null),
      onConflict: fc.constantFrom(...policies),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      task: fc.nat(20),
      purpose: fc.constantFrom('run' as const, 'finish' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      task: fc.nat(20),
      /** 0: the newest token, 1: the one before it… */
      token: fc.constantFrom(0, 0, 0, 1, 2),
      /** Off the end of the log by this much. */
      offset: fc.constantFrom(0, 0, 0, 0, -1, 1),
      count: fc.nat(3),
      trim: fc.nat(2),
      unlessStopped: fc.boolean(),
      final: fc.constantFrom(null, null, null, ...finalStatuses),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), task: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      task: fc.nat(20),
      token: fc.nat(1),
      refundAttempt: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('renew' as const), task: fc.nat(20), token: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(800) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), task: fc.nat(20) }) },
)

type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never

/** What the test knows of one task: what it was told, never what it expects. */
interface Seen {
  record: TaskRecord
  /** Newest first. */
  tokens: LeaseToken[]
  ended: number
}

/** Registers a random test: whatever is called in whatever order, the invariants of a store hold after each call. */
export function runTaskStoreInvariants(name: string, makeStore: MakeStore): void {
  describe(`${name} under random calls`, () => {
    it('keeps one slot per scope, a gap-free log, one end, a rising revision, and fences old tokens', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 80 }), async (commands) => {
          const harness = await makeStore()
          try {
            await runCommands(harness, commands)
          } finally {
            await harness.dispose()
          }
        }),
        { numRuns: 150 },
      )
    })
  })
}

async function runCommands(harness: StoreHarness, commands: readonly Command[]): Promise<void> {
  const { store } = harness
  const tasks: Seen[] = []
  let calls = 0
  for (const step of commands) {
    if (step.do === 'advance') await harness.clock.advance(step.ms)
    else if (step.do === 'create') await createTask(store, tasks, step)
    else {
      const seen = tasks[step.task % Math.max(1, tasks.length)]
      if (seen === undefined) continue
      if (step.do === 'delete') {
        if ((await store.deleteTask(seen.record.id)) === 'deleted') tasks.splice(tasks.indexOf(seen), 1)
      } else await callTask(store, seen, step, ++calls)
    }
    await checkInvariants(store, tasks)
  }
}

async function createTask(
  store: TaskStore,
  tasks: Seen[],
  step: Extract<Command, { do: 'create' }>,
): Promise<void> {
  const draft = {
    id: store.newTaskId('ann'),
    type: 'chat',
    userId: 'ann',
    workspaceId: 'default',
    conversationId: null,
    scope: step.scope,
    input: '{}',
    summary: '{}',
    session: null,
    deadlineAt: null,
    idempotency: null,
  }
  const answer = await store.createTask(draft, step.onConflict)
  if (answer.outcome === 'created') tasks.push({ record: answer.task, tokens: [], ended: 0 })
  else expect(step.scope).not.toBeNull()
}

type TaskStep = Exclude<Command, { do: 'create' | 'advance' | 'delete' }>

async function callTask(store: TaskStore, seen: Seen, step: TaskStep, call: number): Promise<void> {
  const { id, nextIdx } = seen.record
  switch (step.do) {
    case 'stop':
      await store.signal(id, { kind: 'stop', key: 'stop', reason: 'user', actor: `a${call}` })
      return
    case 'acquire': {
      const [token] = seen.tokens
      const beat = (await store.listWork({ pendingForMs: 0, expiringWithinMs: 1e9, limit: 1_000 })).find(
        (item) => item.taskId === id,
      )?.beat
      const answer = await store.acquireLease(id, {
        claimId: `c${call}`,
        owner: 'n',
        ttlMs: 1_000,
        purpose: step.purpose,
        ...(token !== undefined && beat !== undefined ? { seen: { token, beat } } : {}),
      })
      if (answer.outcome === 'acquired') seen.tokens.unshift(answer.token)
      return
    }
    case 'release':
      await store.releaseLease(id, seen.tokens[step.token] ?? '0:none', { refundAttempt: step.refundAttempt })
      return
    case 'renew':
      await store.checkLeases([{ taskId: id, token: seen.tokens[step.token] ?? '0:none' }], 1_000)
      return
    case 'append': {
      const at = Math.max(0, nextIdx + step.offset)
      const [answer] = await store.append([
        {
          taskId: id,
          token: seen.tokens[step.token] ?? '0:none',
          at,
          events: Array.from({ length: step.count }, (_, i) => `{"idx":${at + i},"call":${call}}`),
          ...(step.trim > 0 ? { trimTo: Math.max(0, at - step.trim) } : {}),
          ...(step.unlessStopped ? { unlessStopped: true as const } : {}),
          ...(step.final !== null ? { final: { status: step.final } } : {}),
        },
      ])
      if (answer?.outcome !== 'ok') return
      expect(step.token, 'only the newest token writes').toBe(0)
      expect(at).toBe(nextIdx)
      expect(step.unlessStopped && seen.record.stop !== null, 'a stop closes the gate').toBe(false)
      if (step.final !== null) seen.ended++
    }
  }
}

async function checkInvariants(store: TaskStore, tasks: readonly Seen[]): Promise<void> {
  const listed = await store.listTasks({ userId: 'ann', limit: 1_000 })
  expect(listed.tasks).toHaveLength(tasks.length)
  const { byStatus } = await store.stats()
  const scopes = new Map<string, { holders: number; places: number[] }>()
  const counted = { pending: 0, running: 0, cancel_requested: 0, succeeded: 0, failed: 0, canceled: 0 }

  for (const seen of tasks) {
    const page = await store.readEvents(seen.record.id, { from: 0, limit: 1e6, maxBytes: 1e9 })
    if (page === null) throw new Error('a task is gone that nobody deleted')
    const now = page.task
    const before = seen.record
    if (now.revision === before.revision) expect(now).toEqual(before)
    expect(now.revision).toBeGreaterThanOrEqual(before.revision)
    expect(now.nextIdx).toBeGreaterThanOrEqual(before.nextIdx)
    expect(now.firstIdx).toBeGreaterThanOrEqual(before.firstIdx)
    if (isFinalStatus(before.status)) expect(now).toEqual(before)
    expect(seen.ended, 'a task ends once').toBe(isFinalStatus(now.status) ? 1 : 0)
    expect(now.status === 'cancel_requested' ? now.stop : true).not.toBeNull()

    expect(page.from).toBe(now.firstIdx)
    const numbers = page.events.map((text) => Number(/^\{"idx":(\d+)/.exec(text)?.[1]))
    expect(numbers).toEqual(Array.from({ length: now.nextIdx - now.firstIdx }, (_, i) => now.firstIdx + i))

    counted[now.status]++
    if (now.scope !== null && !isFinalStatus(now.status)) {
      const scope = scopes.get(now.scope) ?? { holders: 0, places: [] }
      scopes.set(now.scope, scope)
      if (now.holdsSlot) scope.holders++
      else if (now.status === 'pending') scope.places.push(now.queuePosition ?? 0)
    }
    expect(now.holdsSlot && isFinalStatus(now.status)).toBe(false)
    if (now.holdsSlot || now.status !== 'pending') expect(now.queuePosition).toBeNull()
    seen.record = now
  }
  expect(byStatus).toEqual(counted)
  for (const { holders, places } of scopes.values()) {
    expect(holders).toBeLessThanOrEqual(1)
    expect(places, 'places count from 1, the oldest first').toEqual(places.map((_, i) => i + 1))
    if (places.length > 0) expect(holders, 'nobody waits for a free slot').toBe(1)
  }
}
