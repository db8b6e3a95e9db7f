import * as z from 'zod'
import { defaults } from '../../src/defaults.ts'
import {
  type CancelResult,
  type CreateRequest,
  defineTask,
  type ReadPage,
  type TaskContext,
  type TaskDefinition,
  type TaskHandle,
  type TaskManagerOptions,
  type TaskRecord,
  type TaskStore,
} from '../../src/index.ts'
import { isFinalStatus } from '../../src/protocol/index.ts'
import { Lifespan } from './lifespan.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { type MortalProcess, startProcess, unanswered } from './mortal-process.ts'
import { RunFacts } from './run-facts.ts'

/** What a scenario's `run` is given beside its context, whose own awaits are points of its process. */
interface RunnerStage {
  /** Passes a point that the process can die at. */
  moment(name: string): Promise<void>
  /** Waits until the script opens the gate; after the script all gates are opened. */
  gate(name: string): Promise<void>
  staging: Staging
}

/** How a scenario sets up its processes. */
export interface StagingOptions {
  run(context: TaskContext, stage: RunnerStage): unknown
  definition?: Partial<TaskDefinition>
  manager?: Partial<TaskManagerOptions>
}

/** Within this time after the death of an owner its tasks have ended, or run elsewhere. */
export const recoveryMs: number = defaults.leaseMs + 2_000

/** Type of a task that only finds out whether there is room for one in its scope. */
export const probe = 'probe'
const probeTask = defineTask({ type: probe, input: z.null(), run: () => 'there is' })

/** Milliseconds by which time passes, everything that is ready being done in between. */
const tick = 500
/** Turns of the event loop without a point after which nothing is under way any more. */
const idleTurns = 3

/** One store, its clock and the processes on it. */
export class Staging {
  readonly clock: ManualClock = manualClock()
  readonly store: TaskStore
  /** The one that dies. */
  readonly doomed: MortalProcess
  readonly facts: RunFacts = new RunFacts()
  /** Background failures: there are none, for no store fails here. */
  readonly failures: unknown[] = []
  readonly #options: StagingOptions
  readonly #gates: Map<string, { opened: Promise<void>; open(): void }> = new Map()
  readonly #processes: Map<string, MortalProcess> = new Map()
  readonly #users: Set<string> = new Set()
  #diedAt: number | null = null
  #isOver = false
  #areGatesOpen = false
  #points = 0

  constructor(makeStore: (now: () => number) => TaskStore, options: StagingOptions, diesAt: number | null) {
    this.store = makeStore(this.clock.now)
    this.#options = options
    this.doomed = this.#start('doomed', diesAt)
    void this.doomed.life.ended.then(() => {
      this.#diedAt = this.clock.now()
    })
  }

  /** When the doomed process died; `null` while it lives. */
  get diedAt(): number | null {
    return this.#diedAt
  }

  /** A process by its name; it is started when it is first asked for, and dies only if it is told to. */
  process(name: string): MortalProcess {
    return this.#processes.get(name) ?? this.#start(name, null)
  }

  /** The process that outlives the others. */
  get survivor(): MortalProcess {
    return this.process('survivor')
  }

  /** Creates a task, of `ann` unless said otherwise, through a process; `null` when that died before it answered. */
  async create(
    process: MortalProcess,
    request: Partial<CreateRequest> & { input: unknown },
  ): Promise<TaskHandle | null> {
    const { userId = 'ann' } = request
    this.#users.add(userId)
    // No two at the same time, so that their order is known.
    this.clock.advance(1)
    const answer = await process.ask('create', (manager) =>
      manager.create({ type: 'work', ...request, userId }),
    )
    if (answer === unanswered) return null
    this.facts.created.add(answer.id)
    return answer
  }

  /** Asks a process for a stop; `null` when that died before it answered. */
  async cancel(process: MortalProcess, taskId: string): Promise<CancelResult | null> {
    const answer = await process.ask('cancel', (manager) => manager.cancel(taskId, { actor: 'ann' }))
    if (answer === unanswered) return null
    if (answer.outcome !== 'finished') this.facts.stopped.add(taskId)
    return answer
  }

  open(gate: string): void {
    this.#gate(gate).open()
  }

  /** Whether the script is over: nobody is there any more to answer what is asked. */
  get isOver(): boolean {
    return this.#isOver
  }

  endScript(): void {
    this.#isOver = true
  }

  openAll(): void {
    this.#areGatesOpen = true
    for (const { open } of this.#gates.values()) open()
  }

  /** Lets everything that is ready be done. */
  async settle(): Promise<void> {
    for (let turn = 0, seen = this.#points; turn < idleTurns; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#points === seen) continue
      seen = this.#points
      turn = -1
    }
  }

  /** Lets time pass, until the condition holds or the doomed process has died. */
  async pass(ms: number, until: () => boolean | Promise<boolean> = () => false): Promise<void> {
    await this.passFor(ms, async () => this.doomed.life.isGone || (await until()))
  }

  /** Lets time pass until the condition, which is one of the store, holds, whoever dies; answers whether it does. */
  async passFor(ms: number, until: () => boolean | Promise<boolean> = () => false): Promise<boolean> {
    await this.settle()
    let holds = await until()
    for (let passed = 0; passed < ms && !holds; passed += tick) {
      const seen = this.#points
      this.clock.advance(tick)
      await this.settle()
      // Nobody has asked the store anything: it is as it was.
      if (this.#points !== seen) holds = await until()
    }
    return holds
  }

  /** Every task in the store, the oldest first. */
  async tasks(): Promise<readonly TaskRecord[]> {
    const pages = await Promise.all(
      Array.from(this.#users, (userId) => this.store.listTasks({ userId, limit: 100 })),
    )
    return pages.flatMap((page) => page.tasks).toSorted((one, other) => one.createdAt - other.createdAt)
  }

  async allEnded(): Promise<boolean> {
    return (await this.tasks()).every(({ status }) => isFinalStatus(status))
  }

  /** The log of every task, with its record. */
  async pages(): Promise<readonly ReadPage[]> {
    const everything = Number.MAX_SAFE_INTEGER
    const query = { from: 0, limit: everything, maxBytes: everything }
    const pages = (await this.tasks()).map(({ id }) => this.store.readEvents(id, query))
    return (await Promise.all(pages)).filter((page) => page !== null)
  }

  #start(name: string, diesAt: number | null): MortalProcess {
    const life = new Lifespan(diesAt, () => {
      this.#points++
    })
    const stage: RunnerStage = {
      moment: (moment) => life.pass(moment),
      gate: (gate) => (this.#areGatesOpen ? Promise.resolve() : this.#gate(gate).opened),
      staging: this,
    }
    const { run, definition, manager } = this.#options
    const work = defineTask({
      type: 'work',
      input: z.unknown(),
      run: (context) => this.facts.watch(context, life, (watched) => run(watched, stage)),
      ...definition,
    })
    const process = startProcess(name, life, {
      tasks: [work, probeTask],
      store: this.store,
      clock: this.clock,
      onError: (error) => this.failures.push(error),
      ...manager,
    })
    this.#processes.set(name, process)
    return process
  }

  #gate(name: string): { opened: Promise<void>; open(): void } {
    const known = this.#gates.get(name)
    if (known !== undefined) return known
    let open = (): void => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const gate = { opened, open }
    this.#gates.set(name, gate)
    return gate
  }
}
