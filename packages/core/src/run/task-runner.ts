import { defaults } from '../defaults.ts'
import type { AnyTaskDefinition } from '../define-task.ts'
import { TaskError } from '../errors.ts'
import {
  AppendBatcher,
  BufferBudget,
  type CurrentState,
  EventWriter,
  type FoldStart,
  loadFold,
} from '../log/index.ts'
import type { Claim, EventQuery, Signal, TaskRecord } from '../store/index.ts'
import { untilAnswered } from '../store-retry.ts'
import { createTaskContext } from './create-task-context.ts'
import { EarlierRuns } from './earlier-runs.ts'
import { withGrace } from './grace.ts'
import { type PartSignal, RunSignals } from './run-signals.ts'
import type { RunState } from './run-state.ts'
import type { RunnerOptions } from './runner-options.ts'
import { endingOfInterruption, endingOfRun, endingOfThrow, endTask, type RunEnding } from './task-end.ts'
import type { SeenLease } from './work-sweep.ts'

/** A task in this process's hands; `definition: null`: only to be ended. */
interface ActiveRun {
  definition: AnyTaskDefinition | null
  state: RunState
  writer: EventWriter
  signals: RunSignals
}

/** Does what there is to do; `null` when it was not begun, or was given up. */
type Execute = (run: ActiveRun) => RunEnding | Promise<RunEnding | null>

/** Runs tasks: context in, exactly one terminal event out. */
export class TaskRunner {
  readonly #options: RunnerOptions
  readonly #batcher: AppendBatcher
  readonly #budget: BufferBudget
  readonly #earlierRuns: EarlierRuns
  readonly #runs: Map<string, ActiveRun> = new Map()

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#batcher = new AppendBatcher(options.store)
    this.#budget = new BufferBudget(options.limits.maxBufferedBytes)
    this.#earlierRuns = new EarlierRuns(options.store, options.clock, options.onError)
  }

  /** Runs a task if the store gives it to this process. Never rejects for what the task does. */
  async run(taskId: string): Promise<'ran' | 'not_mine'> {
    const claim = await this.#claim(taskId, 'run')
    if (claim === null) return 'not_mine'
    const definition = this.#options.definitions.get(claim.task.type)
    if (definition === undefined) {
      await this.#options.store.releaseLease(taskId, claim.token, { refundAttempt: true })
      return 'not_mine'
    }
    await this.#hold(claim, definition, (run) => this.#execute(definition, claim, run))
    return 'ran'
  }

  /** Ends a stopped task that nobody runs. */
  async finish(taskId: string): Promise<void> {
    const claim = await this.#claim(taskId, 'finish')
    if (claim !== null) await this.#end(claim)
  }

  /**
   * Takes over a task whose owner is dead: ends it, or, where its definition allows another attempt, gives it back to
   * wait for its turn. Nobody's meanwhile, it is free for the first process that has a place for it.
   *
   * @returns `retry`: the caller dispatches it.
   */
  async adopt(taskId: string, seen: SeenLease): Promise<'retry' | 'ended' | 'not_mine'> {
    const claim = await this.#claim(taskId, 'finish', seen)
    if (claim === null) return 'not_mine'
    this.#options.listener.onInterrupted(claim.task)
    if (this.#mayRetry(claim.task)) {
      await this.#release(claim, { refundAttempt: false })
      return 'retry'
    }
    await this.#end(claim)
    return 'ended'
  }

  #mayRetry({ type, stop, attempt }: TaskRecord): boolean {
    const definition = this.#options.definitions.get(type)
    if (definition?.onInterrupted !== 'retry' || stop !== null) return false
    return attempt < (definition.maxAttempts ?? defaults.maxAttempts)
  }

  /** Ends a claimed task as its stop request says, and as interrupted when there is none. */
  #end(claim: Claim): Promise<void> {
    return this.#hold(claim, null, () => endingOfInterruption())
  }

  /**
   * Aborts the run of a task that may be tried again, so that its lease is given back for another process to go on.
   *
   * @returns false when the task does not run here or must not run twice.
   */
  release(taskId: string): boolean {
    const run = this.#runs.get(taskId)
    if (run?.definition?.onInterrupted !== 'retry') return false
    run.state.apply('drain', new TaskError('shutdown', 'This process is shutting down.'))
    return true
  }

  /** Takes a stored signal to the run that it concerns, if that is here. */
  deliver(taskId: string, signal: PartSignal): void {
    this.#runs.get(taskId)?.signals.receive(signal)
  }

  /** Bytes of events that wait for the store, over all runs. */
  get bufferedBytes(): number {
    let bytes = 0
    for (const { writer } of this.#runs.values()) bytes += writer.waitingBytes
    return bytes
  }

  /** The state of a task that runs here, for a reader that it spares a long way; `null` for any other. */
  currentState(taskId: string, query: EventQuery): CurrentState | null {
    return this.#runs.get(taskId)?.writer.currentState(query) ?? null
  }

  /** Gives up every run: nothing more is written by this process. */
  abandonAll(): void {
    for (const { writer } of this.#runs.values()) writer.abandon()
  }

  /** Holds the lease and the state of a run for as long as the task is in this process's hands. */
  async #hold(claim: Claim, definition: AnyTaskDefinition | null, execute: Execute): Promise<void> {
    const { states, leases, listener, limits, onError } = this.#options
    const { task } = claim
    const lifetime = definition?.lifetime ?? 'detached'
    const state = states.open({ taskId: task.id, userId: task.userId, lifetime })
    const cancelDeadline = definition === null ? null : this.#watchDeadline(state, task.deadlineAt)
    try {
      state.apply('claimed')
      const { run, promoted } = await this.#open(claim, definition, state)
      const ending = state.phase === 'starting' ? await execute(run) : null
      // What was emitted before the lease goes must be stored before it goes.
      if (state.phase === 'releasing') await run.writer.flush()
      state.apply('settled')
      if (state.phase === 'handing_over') await this.#handOver(claim, state)
      if (state.phase !== 'finishing' && state.phase !== 'canceling') return
      const own = state.cause === null && ending !== null ? ending : endingOfThrow(state.cause)
      const status = await endTask(run.writer, state, own, limits.maxEventBytes)
      if (status !== null) await listener.onEnded(task, promoted())
    } catch (error) {
      onError(error, { stage: 'run', taskId: task.id })
    } finally {
      cancelDeadline?.()
      leases.drop(task.id)
      states.close(task.id)
      this.#runs.delete(task.id)
    }
  }

  /** Makes the writer of a task that was claimed, and connects it with the news from the store. */
  async #open(
    claim: Claim,
    definition: AnyTaskDefinition | null,
    state: RunState,
  ): Promise<{ run: ActiveRun; promoted(): string | undefined }> {
    const { clock, limits, newId, onError, leases, listener } = this.#options
    const { task, token } = claim
    const fold = await this.#loadFold(task)
    const signals = new RunSignals()
    let promoted: string | undefined
    const onSignals = (received: readonly Signal[]): void => {
      for (const signal of received) {
        if (signal.kind !== 'stop') signals.receive(signal)
        else state.stopped({ reason: signal.reason, actor: signal.actor, at: clock.now() / 1_000 })
      }
    }
    const onLost = (): void => {
      writer.abandon()
      state.apply('lost', new TaskError('lease_lost', 'The task is run by another process now.'))
    }
    const writer = new EventWriter(
      {
        batcher: this.#batcher,
        clock,
        limits,
        budget: this.#budget,
        fold: this.#options.fold,
        newEpoch: newId,
        onError,
        onCommit: (texts, answer) => {
          promoted = answer.promoted
          listener.onEvents(task, texts, answer.nextIdx - texts.length)
        },
        onSignals,
        onLost,
      },
      { task, token, fold },
    )
    const run: ActiveRun = { definition, state, writer, signals }
    this.#runs.set(task.id, run)
    leases.hold(task.id, { token, onSignals, onLost })
    onSignals(claim.signals)
    return { run, promoted: () => promoted }
  }

  /** Calls the definition's function, and gives it up when its grace is over. */
  async #execute(
    definition: AnyTaskDefinition,
    claim: Claim,
    { state, writer, signals }: ActiveRun,
  ): Promise<RunEnding | null> {
    const { limits, clock, listener } = this.#options
    const { id, attempt, nextIdx } = claim.task
    listener.onStarted(claim.task)
    const interrupted = {
      toolStatus: 'failed',
      toolResult: 'interrupted: the process that ran this tool ended',
    } as const
    const begun = await writer.beginAttempt(attempt, nextIdx, interrupted, signals.takeToolCancels())
    // Somebody else runs it by now, or it was stopped meanwhile: nothing that the runner did would be kept.
    if (begun === 'ok') state.apply('begun')
    if (state.phase !== 'streaming') return null
    const { context, close } = createTaskContext({
      claim,
      definition,
      writer,
      clock,
      run: state,
      progressMs: limits.progressMs,
      earlierMs: () => this.#earlierRuns.durationsOf(definition.type),
      toolGraceMs: limits.toolGraceMs,
      maxEventBytes: limits.maxEventBytes,
      signals,
      releaseSlot: () => this.#options.releaseSlot(id),
    })
    const work = endingOfRun(async () => definition.run(context as never))
    const ending = await withGrace(work, state.signal, clock, limits.runGraceMs)
    close()
    return ending
  }

  /** Gives the lease back, for another process to go on. */
  async #handOver(claim: Claim, state: RunState): Promise<void> {
    await this.#release(claim, { refundAttempt: true })
    state.apply('released')
  }

  async #release({ task, token }: Claim, query: { refundAttempt: boolean }): Promise<void> {
    await this.#repeat(task.id, () => this.#options.store.releaseLease(task.id, token, query))
  }

  /** The deadline counts from the create, so it holds across attempts and processes, and while the task waits. */
  #watchDeadline(state: RunState, deadlineAt: number | null): (() => void) | null {
    if (deadlineAt === null) return null
    const { clock } = this.#options
    const expire = (): void =>
      state.apply('fault', new TaskError('timeout', 'The task took longer than it may.'))
    const left = deadlineAt - clock.now()
    if (left > 0) return clock.schedule(expire, left)
    expire()
    return null
  }

  async #claim(taskId: string, purpose: 'run' | 'finish', seen?: SeenLease): Promise<Claim | null> {
    const { store, limits, owner, newId } = this.#options
    const claimId = newId()
    const answer = await this.#repeat(taskId, () =>
      store.acquireLease(taskId, {
        claimId,
        owner,
        ttlMs: limits.leaseMs,
        purpose,
        ...(seen !== undefined && { seen }),
      }),
    )
    return answer.outcome === 'acquired' ? answer : null
  }

  /** A reducer that cannot read its own history costs the snapshot, never the task. */
  async #loadFold(task: TaskRecord): Promise<FoldStart | null> {
    const { store, fold, onError } = this.#options
    try {
      return await loadFold(task, fold, (query) =>
        this.#repeat(task.id, () => store.readEvents(task.id, query)),
      )
    } catch (error) {
      onError(error, { stage: 'fold', taskId: task.id })
      return null
    }
  }

  #repeat<Answer>(taskId: string, call: () => Promise<Answer>): Promise<Answer> {
    const { clock, closed, onError } = this.#options
    return untilAnswered(call, {
      clock,
      signal: closed,
      onFailure: (error) => onError(error, { stage: 'lease', taskId }),
    })
  }
}
