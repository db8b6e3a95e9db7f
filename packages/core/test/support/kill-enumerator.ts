import { isDeepStrictEqual } from 'node:util'
import type { ReadPage, TaskStore } from '../../src/index.ts'
import type { FinalStatus } from '../../src/protocol/index.ts'
import { describePage, problemOfEnd, problemOfLog } from './kill-invariants.ts'
import type { RunFacts } from './run-facts.ts'
import { probe, recoveryMs, Staging, type StagingOptions } from './staging.ts'

/** A script over managers on one store, one of which dies. */
export interface Scenario extends StagingOptions {
  name: string
  /** How the tasks end, in the order of their creation, when nobody dies. */
  unharmed: readonly FinalStatus[]
  /** The enumeration has at least so many points: it must not become empty unnoticed. */
  minPoints: number
  /** Points that the doomed process must come to: what the scenario is about. */
  passes?: readonly string[]
  script(staging: Staging): Promise<void>
  /** Codes that its tasks may fail with, beside `interrupted`. */
  errorCodes?: readonly string[]
  /** Finished tasks are removed meanwhile. */
  removes?: true
  /** The script itself needs other processes. */
  hasOthers?: true
  /** What is wrong with its tasks beside the invariants, whoever has died; `null` for nothing. */
  problem?: (pages: readonly ReadPage[], facts: RunFacts) => string | null
  /** Milliseconds that the tasks take by themselves when they have to run again. */
  extraMs?: number
}

/** What else happens. */
export interface Variant {
  name: string
  /** Only the calls of the store are points to die at: for a store that differs from another one in nothing else. */
  onlyAtStore?: true
  /** When the process starts that goes on after the death. */
  survivorStarts: 'before' | 'after'
  /** The dead one comes back, as if it had only been stopped: to find everything over, or somebody else in its place. */
  comesBack: 'at the end' | 'meanwhile'
  /** Which scenarios it makes sense for. */
  fits(scenario: Scenario): boolean
}

type MakeStore = (now: () => number) => TaskStore

/** A script in which nobody dies has ended its tasks within this time. */
const patienceMs = 60_000
/** What a process that comes back has left to do is done within this time. */
const lateMs = 3_000

/**
 * Plays the scenario once unharmed, which counts the points at which the doomed process could die; then once for each
 * of them, with its death there. A death between two points cannot be told from one at either: whatever leaves a
 * process passes one.
 *
 * @throws Error that names every point after which something is wrong.
 */
export async function enumerateKills(
  scenario: Scenario,
  variant: Variant,
  makeStore: MakeStore,
): Promise<void> {
  const points = await play(scenario, variant, makeStore, null)
  const missed = scenario.passes?.filter((point) => !points.includes(point)) ?? []
  if (points.length < scenario.minPoints || missed.length > 0) {
    throw new Error(
      `${scenario.name}: only ${points.length} points, without [${missed}]:\n${points.join('\n')}`,
    )
  }
  const broken: string[] = []
  for (const [diesAt, point] of points.entries()) {
    if (variant.onlyAtStore && !point.includes(' store.')) continue
    try {
      await play(scenario, variant, makeStore, diesAt)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      broken.push(`at point ${diesAt} of ${points.length}, "${point}": ${problem}`)
    }
  }
  if (broken.length > 0) {
    throw new Error(`"${scenario.name}" is broken ${broken.length} times\n${broken.join('\n')}`)
  }
}

async function play(
  scenario: Scenario,
  variant: Variant,
  makeStore: MakeStore,
  diesAt: number | null,
): Promise<readonly string[]> {
  const staging = new Staging(makeStore, scenario, diesAt)
  try {
    if (variant.survivorStarts === 'before') staging.process('survivor')
    await scenario.script(staging)
    staging.endScript()
    if (variant.comesBack === 'meanwhile' && staging.doomed.life.isGone) await meetSuccessor(staging)
    staging.openAll()
    await staging.pass(patienceMs, () => staging.allEnded())
    if (diesAt === null) await checkUnharmed(staging, scenario)
    else await checkHarmed(staging, scenario, variant)
    return [...staging.doomed.life.points]
  } finally {
    await staging.store.close()
  }
}

async function checkUnharmed(staging: Staging, scenario: Scenario): Promise<void> {
  const statuses = (await staging.tasks()).map(({ status }) => status)
  if (!isDeepStrictEqual(statuses, scenario.unharmed))
    throw new Error(`unharmed, its tasks are [${statuses}]`)
  await checkPages(staging, scenario)
}

/** The process comes back while another one runs what it had. */
async function meetSuccessor(staging: Staging): Promise<void> {
  const { doomed, facts } = staging
  const before = facts.runs.length
  const isOver = async (): Promise<boolean> => facts.runs.length > before || (await staging.allEnded())
  staging.process('survivor')
  await staging.passFor(recoveryMs, isOver)
  doomed.life.comeBack()
  await staging.passFor(lateMs)
}

async function checkHarmed(staging: Staging, scenario: Scenario, { comesBack }: Variant): Promise<void> {
  const { doomed, clock } = staging
  if (!doomed.life.hasEnded) throw new Error('the script is not deterministic: there were fewer points')
  await checkLogs(staging)

  staging.process('survivor')
  const limitMs = recoveryMs + (scenario.extraMs ?? 0)
  await staging.passFor(limitMs, () => staging.allEnded())
  await checkPages(staging, scenario)
  if (comesBack === 'meanwhile') return
  if (clock.now() - (staging.diedAt ?? 0) > limitMs) throw new Error('the tasks took too long to end')

  await checkSlots(staging)
  const before = await staging.pages()
  // As if it had only been stopped: what it does so late nobody can prevent, but none of it may reach a log.
  doomed.life.comeBack()
  await staging.passFor(lateMs)
  const after = await checkLogs(staging)
  if (!(await staging.allEnded())) throw new Error('a task of the process that came back has not ended')
  for (const page of before) {
    const now = after.find(({ task }) => task.id === page.task.id)
    if (scenario.removes && now === undefined) continue
    if (!isDeepStrictEqual(now, page)) throw new Error(`something followed the end of ${describePage(page)}`)
  }
  if (staging.failures.length > 0) throw failuresOf(staging)
}

function failuresOf({ failures }: Staging): Error {
  return new AggregateError(failures, `background failures: ${failures.join(', ')}`)
}

/** Whatever a moment it is, every log is in order. */
async function checkLogs(staging: Staging): Promise<readonly ReadPage[]> {
  const pages = await staging.pages()
  for (const page of pages) {
    const problem = problemOfLog(page)
    if (problem !== null) throw new Error(`${problem}: ${describePage(page)}`)
  }
  return pages
}

/** Every task has ended, as it may. */
async function checkPages(staging: Staging, scenario: Scenario): Promise<readonly ReadPage[]> {
  const { definition = {}, errorCodes = [], removes } = scenario
  const { facts } = staging
  const pages = await checkLogs(staging)
  for (const page of pages) {
    const problem =
      page.task.finishedAt === null ? 'it has not ended' : problemOfEnd(page, facts, definition, errorCodes)
    if (problem !== null) throw new Error(`${problem}: ${describePage(page)}`)
  }
  const known = new Set(pages.map(({ task }) => task.id))
  const lost = [...facts.created].filter((id) => !known.has(id))
  if (lost.length > 0 && !removes) throw new Error('a task whose create was acknowledged is gone')
  const problem =
    scenario.problem?.(
      pages.filter(({ task }) => task.type !== probe),
      facts,
    ) ?? null
  if (problem !== null) throw new Error(`${problem}: ${pages.map(describePage).join('\n')}`)
  if (staging.failures.length > 0) throw failuresOf(staging)
  return pages
}

/** Where tasks have ended there is room: another task runs to its end. */
async function checkSlots(staging: Staging): Promise<void> {
  const owners = new Map(
    (await staging.tasks()).map(({ userId, workspaceId }) => [
      `${userId}/${workspaceId}`,
      { userId, workspaceId },
    ]),
  )
  for (const owner of owners.values()) {
    const handle = await staging.create(staging.survivor, { ...owner, type: probe, input: null })
    await staging.settle()
    const tasks = await staging.tasks()
    const status = tasks.find(({ id }) => id === handle?.id)?.status
    if (handle?.outcome !== 'created' || status !== 'succeeded') {
      throw new Error(`the next task of the scope was ${handle?.outcome}, and is ${status}`)
    }
  }
}
