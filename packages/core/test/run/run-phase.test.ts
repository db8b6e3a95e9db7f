import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  abortingPhases,
  nextPhase,
  type RunEvent,
  type RunPhase,
  runTransitions,
} from '../../src/run/run-phase.ts'

const phases = Object.keys(runTransitions) as RunPhase[]
const events = Object.keys(runTransitions.queued) as RunEvent[]
const news = ['stop', 'fault', 'drain', 'lost'] as const

/** A walk through the table by events that are possible where they come. */
const walk = fc.array(fc.nat(), { maxLength: 30 }).map((choices) => {
  const steps: { from: RunPhase; event: RunEvent; to: RunPhase }[] = []
  let phase: RunPhase = 'queued'
  for (const choice of choices) {
    const possible = events.filter((event) => runTransitions[phase][event] !== 'never')
    const event = possible[choice % possible.length]
    if (event === undefined) break
    const to = nextPhase(phase, event)
    steps.push({ from: phase, event, to })
    phase = to
  }
  return steps
})

describe('the transition table of a run', () => {
  it('has a cell for every event in every phase', () => {
    for (const phase of phases) expect(Object.keys(runTransitions[phase]).sort()).toEqual([...events].sort())
  })

  it('takes news from outside in every phase', () => {
    for (const phase of phases) {
      for (const event of news) expect(runTransitions[phase][event], `${phase} × ${event}`).not.toBe('never')
    }
  })

  it('refuses a step that no order of calls leads to', () => {
    expect(() => nextPhase('streaming', 'end_stored')).toThrow(
      'a run that is streaming cannot see "end_stored"',
    )
  })

  it('reaches every phase', () => {
    const reached = new Set<RunPhase>(['queued'])
    for (const phase of reached) {
      for (const next of Object.values(runTransitions[phase])) if (next !== 'never') reached.add(next)
    }
    expect([...reached].sort()).toEqual([...phases].sort())
  })

  it('never leaves the end, and comes back from a lost lease only to an end that was stored before', () => {
    for (const event of events) {
      expect(['ended', 'never']).toContain(runTransitions.ended[event])
      expect(runTransitions.gone[event]).toBe(event === 'end_stored' ? 'ended' : 'gone')
    }
  })

  it('ends once, whatever comes', () => {
    fc.assert(
      fc.property(walk, (steps) => {
        expect(steps.filter(({ from, to }) => from !== 'ended' && to === 'ended').length).toBeLessThanOrEqual(
          1,
        )
      }),
    )
  })

  it('lets a stop that came before the runner was over decide, unless the lease was lost', () => {
    fc.assert(
      fc.property(walk, (steps) => {
        const stop = steps.findIndex(({ event }) => event === 'stop')
        const settled = steps.findIndex(({ event }) => event === 'settled')
        fc.pre(stop >= 0 && (settled < 0 || stop < settled))
        const after = steps.slice(stop).map(({ to }) => to)
        const isLost = steps.some(({ event }) => event === 'lost')
        const allowed: RunPhase[] = isLost
          ? ['stopping', 'canceling', 'gone', 'ended']
          : ['stopping', 'canceling', 'ended']
        for (const phase of after) expect(allowed).toContain(phase)
      }),
    )
  })

  it('calls no runner once anything has ended the run before it began', () => {
    for (const phase of abortingPhases) {
      const begun = runTransitions[phase].begun
      expect(begun === 'never' || abortingPhases.has(begun), phase).toBe(true)
    }
  })

  it('writes nothing after a lost lease', () => {
    fc.assert(
      fc.property(walk, (steps) => {
        const lost = steps.findIndex(({ to }) => to === 'gone')
        fc.pre(lost >= 0)
        for (const { to } of steps.slice(lost)) expect(['gone', 'ended']).toContain(to)
      }),
    )
  })
})
