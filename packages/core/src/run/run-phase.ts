/**
 * Where a task stands, seen from the process that has it in hand.
 *
 * - `queued`: stored; nobody has it in hand yet
 * - `starting`: the lease is held; the runner has not been called
 * - `streaming` and `in_tool`: the runner works, without and with a tool call under way
 * - `stopping`: a stop was accepted; the runner has its grace
 * - `failing`: the deadline has passed or the buffer is full; the runner has its grace
 * - `releasing`: the process is going, and another one may run the task again; the runner has its grace
 * - `handing_over`: that runner is over; the lease is being given back
 * - `finishing`: an end that is not `canceled` is being stored; the store decides between it and a stop
 * - `canceling`: the end `canceled` is being stored
 * - `gone`: another process has it; nothing is written here any more
 * - `ended`: the terminal event is stored
 */
export type RunPhase =
  | 'queued'
  | 'starting'
  | 'streaming'
  | 'in_tool'
  | 'stopping'
  | 'failing'
  | 'releasing'
  | 'handing_over'
  | 'finishing'
  | 'canceling'
  | 'gone'
  | 'ended'

/**
 * What happens to a run. The first six are its own steps; the rest may come at any moment.
 *
 * - `claimed`: the store gave the lease to this process
 * - `begun`: the attempt is in the log; the runner is called next
 * - `settled`: the runner has returned or thrown, was given up after its grace, or never was called
 * - `end_stored`, `end_refused`: the store took the end, or held a stop against it
 * - `released`: the lease was given back
 * - `tool_started`, `tools_done`: a tool call passed its gate; the last one under way is over
 * - `stop`: a stop request is stored
 * - `fault`: the deadline, a full buffer
 * - `drain`: the process is going and the definition lets another one repeat the run
 * - `lost`: the lease is somebody else's
 */
export type RunEvent =
  | 'claimed'
  | 'begun'
  | 'settled'
  | 'end_stored'
  | 'end_refused'
  | 'released'
  | 'tool_started'
  | 'tools_done'
  | 'stop'
  | 'fault'
  | 'drain'
  | 'lost'

/** `never`: no order of calls leads there; to see it is a defect of this library. */
type Row = Readonly<Record<RunEvent, RunPhase | 'never'>>

/** The runner's own steps, which come in one order; a row names those that may come in its phase. */
const outOfOrder = {
  claimed: 'never',
  begun: 'never',
  settled: 'never',
  end_stored: 'never',
  end_refused: 'never',
  released: 'never',
} as const

/** A phase that no late news changes. */
const settledAs = <Phase extends RunPhase>(phase: Phase): Row => ({
  ...outOfOrder,
  tool_started: phase,
  tools_done: phase,
  stop: phase,
  fault: phase,
  drain: phase,
  lost: 'gone',
})

/** What may come while the runner works. */
const working: Row = {
  ...outOfOrder,
  settled: 'finishing',
  tool_started: 'in_tool',
  tools_done: 'streaming',
  stop: 'stopping',
  fault: 'failing',
  drain: 'releasing',
  lost: 'gone',
}

/**
 * Phase × event → phase, without gaps. A stop beats whatever else is ending the run until its end is stored; a lost
 * lease beats everything but a stored end; of the other causes the first one counts.
 */
export const runTransitions: Readonly<Record<RunPhase, Row>> = {
  queued: {
    ...settledAs('queued'),
    claimed: 'starting',
    tool_started: 'never',
    tools_done: 'never',
    stop: 'stopping',
    fault: 'failing',
  },
  // A task that is only to be ended settles without having begun.
  starting: { ...working, begun: 'streaming', tool_started: 'never', tools_done: 'never' },
  streaming: working,
  in_tool: working,
  stopping: { ...settledAs('stopping'), claimed: 'stopping', begun: 'stopping', settled: 'canceling' },
  failing: {
    ...settledAs('failing'),
    claimed: 'failing',
    begun: 'failing',
    settled: 'finishing',
    stop: 'stopping',
  },
  releasing: {
    ...settledAs('releasing'),
    begun: 'releasing',
    settled: 'handing_over',
    stop: 'stopping',
  },
  // A stop that comes now is stored with the task: whoever takes it next ends it.
  handing_over: { ...settledAs('handing_over'), released: 'gone' },
  finishing: { ...settledAs('finishing'), end_stored: 'ended', end_refused: 'canceling' },
  canceling: { ...settledAs('canceling'), end_stored: 'ended' },
  // The news of a lease that ended with its task may overtake the answer that the end is stored.
  gone: {
    ...settledAs('gone'),
    claimed: 'gone',
    begun: 'gone',
    settled: 'gone',
    end_stored: 'ended',
    end_refused: 'gone',
    released: 'gone',
  },
  ended: { ...settledAs('ended'), lost: 'ended' },
}

/** The phases in which the runner's signal has fired. */
export const abortingPhases: ReadonlySet<RunPhase> = new Set(['stopping', 'failing', 'releasing', 'gone'])

/** @throws Error for a step that no order of calls leads to */
export function nextPhase(phase: RunPhase, event: RunEvent): RunPhase {
  const next = runTransitions[phase][event]
  if (next === 'never') throw new Error(`a run that is ${phase} cannot see "${event}"`)
  return next
}
