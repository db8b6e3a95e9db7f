import { defaults } from '../defaults.ts'
import type { AnyTaskDefinition } from '../define-task.ts'
import { TaskError } from '../errors.ts'
import { AppendBatcher, EventWriter, type FoldStart, loadFold } from '../log/index.ts'
import type { StopInfo } from '../protocol/index.ts'
import type { Claim, Json, Signal, TaskRecord } from '../store/index.ts'
import { untilAnswered } from '../store-retry.ts'
import { createTaskContext } from './create-task-context.ts'
import { EarlierRuns } from './earlier-runs.ts'
import { withGrace } from './grace.ts'
import { type PartSignal, RunSignals } from './run-signals.ts'
import type { RunnerOptions } from './runner-options.ts'
import { endingOfInterruption, endingOfRun, endingOfThrow, endTask, type RunEnding } from './task-end.ts'
import type { SeenLease } from './work-sweep.ts'

/** How a run ended; `released`: it did not, somebody else goes on with it. */
type RunOutcome = RunEnding | { kind: 'released' }

/** A task in this process's hands; `definition: null`: only to be ended. */
interface ActiveRun {
  definition: AnyTaskDefinition | null
  writer: EventWriter
  signals: RunSignals
}

/** Runs tasks: context in, exactly one terminal event out. */
export class TaskRunner {
  readonly #options: RunnerOptions
  readonly #batcher: AppendBatcher
  readonly #earlierRuns: EarlierRuns
  readonly #runs: Map<string, ActiveRun> = new Map()
  /** Leases of dead owners whose tasks wait for their turn to run again. */
  readonly #takeovers: Map<string, SeenLease> = new Map()

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#batcher = new AppendBatcher(options.store)
    this.#earlierRuns = new EarlierRuns(options.store, options.clock, options.onError)
  }

  /** Runs a task if the store gives it to this process. Never rejects for what the task does. */
  async run(taskId: string): Promise<'ran' | 'not_mine'> {
    const seen = this.#takeovers.get(taskId)
    this.#takeovers.delete(taskId)
    const claim = await this.#claim(taskId, 'run', seen)
    if (claim === null) return 'not_mine'
    const definition = this.#options.definitions.get(claim.task.type)
    if (definition === undefined) {
      await this.#options.store.releaseLease(taskId, claim.token, { refundAttempt: true })
      return 'not_mine'
    }
    await this.#hold(claim, definition, (run, signal) => this.#execute(definition, claim, run, signal))
    return 'ran'
  }

  /** Ends a task that nobody runs: as its stop request says, and as interrupted when there is none. */
  async finish(taskId: string, seen?: SeenLease): Promise<void> {
    const claim = await this.#claim(taskId, 'finish', seen)
    if (claim !== null) await this.#hold(claim, null, () => endingOfInterruption())
  }

  /**
   * Takes over a task whose owner is dead: ends it, or, where its definition allows another attempt, prepares its run.
   *
   * @returns `retry`: the caller dispatches it.
   */
  async adopt(taskId: string, seen: SeenLease): Promise<'retry' | 'ended'> {
    const task = await this.#options.store.getTask(taskId)
    const definition = task === null ? undefined : this.#options.definitions.get(task.type)
    const maxAttempts = definition?.maxAttempts ?? defaults.maxAttempts
    const mayRetry =
      definition?.onInterrupted === 'retry' && task?.stop === null && task.attempt < maxAttempts
    if (!mayRetry) {
      await this.finish(taskId, seen)
      return 'ended'
    }
    this.#takeovers.set(taskId, seen)
    return 'retry'
  }

  /**
   * Aborts the run of a task that may be tried again, so that its lease is given back for another process to go on.
   *
   * @returns false when the task does not run here or must not run twice.
   */
  release(taskId: string): boolean {
    if (this.#runs.get(taskId)?.definition?.onInterrupted !== 'retry') return false
    this.#options.flags.abort(taskId, new TaskError('shutdown', 'This process is shutting down.'))
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

  /** Gives up every run: nothing more is written by this process. */
  abandonAll(): void {
    for (const { writer } of this.#runs.values()) writer.abandon()
  }

  /** Takes the lease, and holds it and the stop flag for as long as the task is in this process's hands. */
  async #hold(
    claim: Claim,
    definition: AnyTaskDefinition | null,
    execute: (run: ActiveRun, signal: AbortSignal) => RunOutcome | Promise<RunOutcome>,
  ): Promise<void> {
    const { flags, leases, listener } = this.#options
    const { task, token } = claim
    const signal = flags.open(task.id)
    try {
      const fold = await this.#loadFold(task)
      let promoted: string | undefined
      const signals = new RunSignals()
      const onSignals = (received: readonly Signal[]): void => {
        for (const signal of received) {
          if (signal.kind === 'stop') flags.raise(task.id, this.#stopInfo(signal))
          else signals.receive(signal)
        }
      }
      const onLost = (): void => {
        writer.abandon()
        flags.abort(task.id, new TaskError('lease_lost', 'The task is run by another process now.'))
      }
      const onCommit = (texts: readonly Json[], answer: { promoted?: string }): void => {
        promoted = answer.promoted
        listener.onEvents(task, texts)
      }
      const { clock, limits, newId, onError } = this.#options
      const writer = new EventWriter(
        {
          batcher: this.#batcher,
          clock,
          limits,
          fold: this.#options.fold,
          newEpoch: newId,
          onError,
          onCommit,
          onSignals,
          onLost,
        },
        { task, token, fold },
      )
      const run: ActiveRun = { definition, writer, signals }
      this.#runs.set(task.id, run)
      leases.hold(task.id, { token, onSignals, onLost })
      onSignals(claim.signals)
      const stop = flags.stopOf(task.id)
      const ending = stop === null ? await execute(run, signal) : { kind: 'stopped' as const, stop }
      if (ending.kind === 'released') {
        await writer.flush()
        await this.#repeat(task.id, () =>
          this.#options.store.releaseLease(task.id, token, { refundAttempt: true }),
        )
        return
      }
      const status = await endTask(writer, ending, {
        maxEventBytes: limits.maxEventBytes,
        stop: () => flags.stopOf(task.id),
      })
      if (status !== null) await listener.onEnded(task, promoted)
    } catch (error) {
      this.#options.onError(error, { stage: 'run', taskId: task.id })
    } finally {
      leases.drop(task.id)
      flags.close(task.id)
      this.#runs.delete(task.id)
    }
  }

  async #execute(
    definition: AnyTaskDefinition,
    claim: Claim,
    { writer, signals }: ActiveRun,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { flags, limits, clock, listener } = this.#options
    const { id, attempt, nextIdx, deadlineAt } = claim.task
    const cancelDeadline = this.#watchDeadline(id, deadlineAt)
    listener.onStarted(claim.task)
    const begun = await writer.beginAttempt(attempt, nextIdx, {
      toolStatus: 'failed',
      toolResult: 'interrupted: the process that ran this tool ended',
    })
    if (begun !== 'ok') {
      // Somebody else runs it by now: nothing that the runner did would be kept.
      cancelDeadline()
      return endingOfThrow(signal.reason)
    }
    const { context, flushProgress } = createTaskContext({
      claim,
      definition,
      writer,
      clock,
      signal,
      progressMs: limits.progressMs,
      earlierMs: () => this.#earlierRuns.durationsOf(definition.type),
      toolGraceMs: limits.toolGraceMs,
      maxEventBytes: limits.maxEventBytes,
      stop: () => flags.stopOf(id),
      signals,
      releaseSlot: () => this.#options.releaseSlot(id),
      onOverflow: (error) => flags.abort(id, error),
    })
    const work = endingOfRun(async () => definition.run(context as never))
    const ending = await withGrace(work, signal, clock, limits.runGraceMs)
    cancelDeadline()
    flushProgress()
    if (!signal.aborted && ending !== null) return ending
    const stop = flags.stopOf(id)
    if (stop !== null) return { kind: 'stopped', stop }
    const mayGoOn = TaskError.is(signal.reason, 'shutdown') && definition.onInterrupted === 'retry'
    return mayGoOn ? { kind: 'released' } : endingOfThrow(signal.reason)
  }

  /** The deadline counts from the create, so it holds across attempts and processes. */
  #watchDeadline(taskId: string, deadlineAt: number | null): () => void {
    if (deadlineAt === null) return () => {}
    const { clock, flags } = this.#options
    const timeout = new TaskError('timeout', 'The task took longer than it may.')
    return clock.schedule(() => flags.abort(taskId, timeout), Math.max(0, deadlineAt - clock.now()))
  }

  async #claim(
    taskId: string,
    purpose: 'run' | 'finish',
    seen: SeenLease | undefined,
  ): Promise<Claim | null> {
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

  #stopInfo(signal: Extract<Signal, { kind: 'stop' }>): StopInfo {
    return { reason: signal.reason, actor: signal.actor, at: this.#options.clock.now() / 1_000 }
  }
}
