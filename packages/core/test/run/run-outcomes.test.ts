import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTask, memoryStore, type TaskContext, type TaskRecord } from '../../src/index.ts'
import { resolveLimits } from '../../src/limits.ts'
import type { RunPhase } from '../../src/run/run-phase.ts'
import { runTransitions } from '../../src/run/run-phase.ts'
import { RunStates } from '../../src/run/run-states.ts'
import { TaskLeases } from '../../src/run/task-lease.ts'
import { TaskRunner } from '../../src/run/task-runner.ts'
import { faultyStore, type StoreCall } from '../../src/testing/index.ts'
import { manualClock } from '../support/manual-clock.ts'
import { openTask } from '../support/open-task.ts'
import { until } from '../support/test-manager.ts'

type News = 'stop' | 'fault' | 'drain' | 'lost'

const phases = Object.keys(runTransitions) as RunPhase[]
const allNews: readonly News[] = ['stop', 'fault', 'drain', 'lost']

const deadlineMs = 60_000

interface Gate {
  readonly opened: Promise<void>
  open(): void
}

function gate(): Gate {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** What the table says becomes of a run that sees `news` in `phase`, and then goes its way. */
function outcomeByTable(
  phase: RunPhase,
  news: News,
): { end: RunPhase; status: TaskRecord['status'] | 'not here' } {
  const visited: RunPhase[] = [phase]
  const isStopped = news === 'stop' || phase === 'stopping' || phase === 'canceling'
  const go = (event: keyof (typeof runTransitions)['queued']): void => {
    const next = runTransitions[visited.at(-1) ?? phase][event]
    if (next === 'never') throw new Error(`${visited.at(-1)} × ${event}`)
    visited.push(next)
  }
  go(news)
  for (let at = visited.at(-1); at !== 'ended' && at !== 'gone'; at = visited.at(-1)) {
    if (at === 'queued') go('claimed')
    else if (at === 'starting') go('begun')
    else if (at === 'handing_over') go('released')
    else if (at === 'canceling') go('end_stored')
    else if (at === 'finishing') go(isStopped ? 'end_refused' : 'end_stored')
    else go('settled')
  }
  const end = visited.at(-1) ?? phase
  if (end === 'gone') return { end, status: 'not here' }
  if (visited.includes('canceling')) return { end, status: 'canceled' }
  return { end, status: visited.includes('failing') ? 'failed' : 'succeeded' }
}

/** A runner of one task that stands still in the phase that it is led to. */
async function harness(phase: RunPhase) {
  const clock = manualClock()
  let storeTime = clock.now()
  const memory = memoryStore({ now: () => storeTime })
  const storeGate = gate()
  const runnerGate = gate()
  let calls = 0
  const isHeld = (call: StoreCall): boolean => {
    if (phase === 'starting') return call.method === 'append'
    if (phase === 'handing_over') return call.method === 'releaseLease'
    const isFinal = call.method === 'append' && call.args[0].some(({ final }) => final !== undefined)
    return isFinal && (phase === 'finishing' || phase === 'canceling')
  }
  const { store } = faultyStore(memory, {
    name: 'held back',
    faultOf: (call) => (isHeld(call) ? storeGate.opened.then(() => 'none' as const) : 'none'),
  })
  const definition = defineTask({
    type: 'work',
    input: z.unknown(),
    onInterrupted: 'retry',
    // It ignores its signal.
    async run({ emit, tool }: TaskContext) {
      calls++
      emit('text_chunk', { content: 'one' })
      if (phase === 'in_tool') await tool({ id: 't1', name: 'wait' }, () => runnerGate.opened)
      else await runnerGate.opened
      return 'done'
    },
  })
  const states = new RunStates()
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const limits = resolveLimits({ runGraceMs: 1e9, toolGraceMs: 1e9 })
  const leases = new TaskLeases(store, clock, limits, onError)
  let ids = 0
  const runner = new TaskRunner({
    store,
    clock,
    definitions: new Map([['work', definition]]),
    states,
    leases,
    fold: null,
    limits,
    owner: 'here',
    newId: () => `id${ids++}`,
    listener: { onStarted: () => {}, onInterrupted: () => {}, onEvents: () => {}, onEnded: async () => {} },
    releaseSlot: () => async () => {},
    onError,
    closed: new AbortController().signal,
  })

  const claim = await openTask(memory, { deadlineAt: clock.now() + deadlineMs })
  const id = claim.task.id
  if (phase === 'starting') {
    // A second attempt writes `attempt_reset` before its runner is called.
    await memory.append([{ taskId: id, token: claim.token, at: 0, events: ['{"idx":0}'] }])
  }
  await memory.releaseLease(id, claim.token, { refundAttempt: true })

  const phaseNow = (): RunPhase | undefined => (states.ofTask(id) as { phase?: RunPhase } | null)?.phase

  const bring: Record<News, () => Promise<void>> = {
    async stop() {
      const answer = await memory.signal(id, { kind: 'stop', key: 'stop', reason: 'enough', actor: 'u1' })
      if (answer.outcome === 'accepted') states.stop(id, { reason: 'enough', actor: 'u1', at: 0 })
    },
    async fault() {
      clock.advance(deadlineMs)
    },
    async drain() {
      runner.release(id)
    },
    async lost() {
      storeTime += limits.leaseMs + 1
      const work = { pendingForMs: 0, expiringWithinMs: 0, limit: 10 }
      const { token, beat } = (await memory.listWork(work)).find(({ taskId }) => taskId === id) ?? {}
      const seen =
        token === undefined || token === null || beat === undefined ? {} : { seen: { token, beat } }
      const thief = { claimId: 'thief', owner: 'elsewhere', ttlMs: 1e9, purpose: 'run' as const, ...seen }
      await memory.acquireLease(id, thief)
      await leases.check()
    },
  }

  let run: Promise<unknown> = Promise.resolve()
  const start = (): void => {
    run = runner.run(id)
  }
  const isIn = (wanted: RunPhase) => until(() => phaseNow() === wanted)
  const lead: Record<RunPhase, () => Promise<unknown>> = {
    queued: async () => {},
    starting: () => isIn('starting'),
    streaming: () => until(() => calls === 1),
    in_tool: () => isIn('in_tool'),
    stopping: () => until(() => calls === 1).then(bring.stop),
    failing: () => until(() => calls === 1).then(bring.fault),
    releasing: () => until(() => calls === 1).then(bring.drain),
    handing_over: async () => {
      await until(() => calls === 1)
      await bring.drain()
      runnerGate.open()
      await isIn('handing_over')
    },
    finishing: async () => {
      runnerGate.open()
      await isIn('finishing')
    },
    canceling: async () => {
      await until(() => calls === 1)
      await bring.stop()
      runnerGate.open()
      await isIn('canceling')
    },
    gone: () => until(() => calls === 1).then(bring.lost),
    ended: async () => {
      runnerGate.open()
      await run
    },
  }
  if (phase !== 'queued') start()
  await lead[phase]()
  if (phase !== 'queued' && phase !== 'ended') expect(phaseNow()).toBe(phase)

  return {
    bring: (news: News) => bring[news](),
    phaseNow,
    async goOn() {
      if (phase === 'queued') start()
      storeGate.open()
      runnerGate.open()
      await run
      expect(errors).toEqual([])
      const record = await memory.getTask(id)
      const events = (await memory.readEvents(id, { from: 0, limit: 100, maxBytes: 1e6 }))?.events ?? []
      return {
        status: record?.status,
        ends: events.filter((text) => text.includes('task_complete')).length,
        calls,
      }
    },
  }
}

describe.each(phases)('a run that is %s', (phase) => {
  it.each(allNews)('has the one outcome that the table gives it when it sees "%s"', async (news) => {
    const { bring, phaseNow, goOn } = await harness(phase)
    await bring(news)
    if (phase !== 'queued' && phase !== 'ended') expect(phaseNow()).toBe(runTransitions[phase][news])
    const byTable = outcomeByTable(phase, news)
    const { status, ends, calls } = await goOn()
    if (byTable.status === 'not here') {
      expect(ends).toBe(0)
      expect(['pending', 'running', 'cancel_requested']).toContain(status)
    } else {
      expect(status).toBe(byTable.status)
      expect(ends).toBe(1)
    }
    const wasBegun = phase !== 'queued' && phase !== 'starting'
    expect(calls).toBe(wasBegun || byTable.status === 'succeeded' ? 1 : 0)
  })
})
