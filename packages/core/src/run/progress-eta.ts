import type { ProgressReport } from '../task-context.ts'

/** Exponentially weighted work and time, old ones fading; their quotient is a rate. */
interface FadingSum {
  readonly work: number
  readonly time: number
}

/** What the reports of one run have shown so far. A value: {@link addReport} makes the next one. Times in milliseconds. */
export interface ProgressEvidence {
  /** When the run began: earlier runs are measured from there. */
  readonly startedAt: number
  /** The latest report; `null` before the first. */
  readonly latest: Pick<ProgressReport, 'done' | 'total' | 'unit'> | null
  /** Whether the series was begun again: then durations of whole runs say nothing about it. */
  readonly restarted: boolean
  /** Where counting began: at the first advance, for what came before may have been preparation, or after a stall. */
  readonly first: { readonly at: number; readonly done: number }
  /** Last report at which `done` had grown, as far as it has been counted. */
  readonly advance: { readonly at: number; readonly done: number }
  /** Advances since then, that one included. */
  readonly count: number
  /** Usual time between two advances, weighted by time: a long pause counts more than many short ones. */
  readonly gapMs: number
  /** Longest stall that was survived: a run that has stalled may do so again. */
  readonly pauseMs: number
  /** The last few advances, and the longer run. */
  readonly recent: FadingSum
  readonly whole: FadingSum
}

/** Remaining time in milliseconds, and for how long that stands if nothing more is heard. */
export interface EtaEstimate {
  etaMs: number
  validMs: number
}

/** Evidence that an own rate needs: advances; milliseconds, or a share of the total in fewer of them. */
const warmUp = { advances: 3, ms: 1_000, share: 0.03, shareMs: 250 }
/** Recent and whole rate may differ by this factor; beyond it the run is not steady enough to say anything. */
const agreement = 2
/** From this share of the total on, the run's own evidence stands alone. */
const ownShare = 0.25
/** Own evidence and earlier runs may differ by this factor; beyond it this run is unlike them. */
const likeness = 2.5
/** Earlier runs say something from this many on, and while the middle half of them lies within this factor. */
const reliable = { runs: 3, spread: 2 }
/** A run without an advance for this many gaps or earlier pauses, and at least this long, has stalled. */
const stall = { gaps: 3, pauses: 1.5, ms: 3_000 }

const nothing: FadingSum = { work: 0, time: 0 }

/** Evidence of a run that has just begun. */
export function startEvidence(now: number): ProgressEvidence {
  const point = { at: now, done: 0 }
  return {
    startedAt: now,
    latest: null,
    restarted: false,
    first: point,
    advance: point,
    count: 0,
    gapMs: 0,
    pauseMs: 0,
    recent: nothing,
    whole: nothing,
  }
}

/** Takes a report in. Another total or unit, a `done` or a clock that goes back begin the series again. */
export function addReport(
  evidence: ProgressEvidence,
  { done, total, unit }: ProgressReport,
  now: number,
): ProgressEvidence {
  const latest = unit === undefined ? { done, total } : { done, total, unit }
  const { latest: before, advance } = evidence
  const isSame =
    before !== null &&
    before.total === total &&
    before.unit === unit &&
    done >= before.done &&
    now >= advance.at
  if (!isSame) {
    const { startedAt } = evidence
    const point = { at: now, done }
    return { ...startEvidence(startedAt), latest, restarted: before !== null, first: point, advance: point }
  }
  const ms = now - advance.at
  const work = done - advance.done
  // Within the same millisecond there is no rate; the work is counted with the next interval.
  if (work === 0 || ms === 0) return { ...evidence, latest }
  const reached = { at: now, done }
  if (evidence.count === 0 || ms >= stallAfter(evidence)) {
    const pauseMs = evidence.count === 0 ? 0 : ms
    const begun = { first: reached, advance: reached, count: 1, recent: nothing, whole: nothing }
    return { ...evidence, ...begun, latest, gapMs: ms, pauseMs }
  }
  const memory = memoryOf(evidence, now)
  const whole = fade(evidence.whole, ms, work, memory.whole)
  const share = shareOf(ms, memory.whole) / whole.time
  return {
    ...evidence,
    latest,
    advance: reached,
    count: evidence.count + 1,
    gapMs: evidence.gapMs * (1 - share) + ms * share,
    recent: fade(evidence.recent, ms, work, memory.recent),
    whole,
  }
}

/**
 * How long until `done` reaches `total`; `null` when nobody could honestly say.
 *
 * @param earlierMs durations of earlier runs of the same type.
 */
export function estimateEta(
  evidence: ProgressEvidence,
  now: number,
  earlierMs: readonly number[],
): EtaEstimate | null {
  const { latest, advance, count, first } = evidence
  if (latest === null || !(latest.total > latest.done)) return null
  const idleMs = Math.max(0, now - advance.at)
  const patienceMs = count === 0 ? Number.POSITIVE_INFINITY : stallAfter(evidence) - idleMs
  if (patienceMs <= 0) return null
  const prior = priorEta(evidence, now, earlierMs)
  if (!isWarm(evidence)) return prior === null ? null : estimate(prior, Math.min(prior, patienceMs))
  const own = ownEta(evidence, latest, idleMs)
  if (own === null) return null
  const isAlike = prior !== null && Math.max(prior, own) <= likeness * Math.min(prior, own)
  if (!isAlike) return estimate(own, patienceMs)
  const weight = Math.min(1, (advance.done - first.done) / latest.total / ownShare)
  return estimate(own * weight + prior * (1 - weight), patienceMs)
}

function estimate(ms: number, validMs: number): EtaEstimate | null {
  const etaMs = Math.round(ms)
  return Number.isSafeInteger(etaMs) ? { etaMs, validMs } : null
}

function isWarm({ latest, count, first, advance, pauseMs }: ProgressEvidence): boolean {
  const ms = advance.at - first.at
  // What comes in bursts must be seen through a pause first.
  if (ms < pauseMs) return false
  const share = (advance.done - first.done) / (latest?.total ?? 0)
  return count >= warmUp.advances && (ms >= warmUp.ms || (share >= warmUp.share && ms >= warmUp.shareMs))
}

/** Counts down while the next advance is not due yet, and grows once it is late, until it is absent. */
function ownEta(
  evidence: ProgressEvidence,
  latest: { done: number; total: number },
  idleMs: number,
): number | null {
  const { gapMs } = evidence
  const lateMs = Math.max(0, idleMs - gapMs)
  const memory = memoryOf(evidence, evidence.advance.at)
  const recent = rateOf(fade(evidence.recent, lateMs, 0, memory.recent))
  const whole = rateOf(fade(evidence.whole, lateMs, 0, memory.whole))
  if (!(Math.max(recent, whole) <= agreement * Math.min(recent, whole))) return null
  return Math.max(0, (latest.total - latest.done) / Math.sqrt(recent * whole) - Math.min(idleMs, gapMs))
}

/** Earlier runs tell when this one should end, and how long its remaining part would have taken them. */
function priorEta(
  { startedAt, latest, restarted }: ProgressEvidence,
  now: number,
  earlierMs: readonly number[],
): number | null {
  if (restarted || latest === null || earlierMs.length < reliable.runs) return null
  const sorted = [...earlierMs].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
  if (!(at(0.75) <= reliable.spread * at(0.25))) return null
  const median = at(0.5)
  const eta = Math.min(median - Math.max(0, now - startedAt), median * (1 - latest.done / latest.total))
  return eta > 0 ? eta : null
}

function stallAfter({ gapMs, pauseMs }: ProgressEvidence): number {
  return Math.max(stall.ms, stall.gaps * gapMs, stall.pauses * pauseMs)
}

/** How far back each rate looks, in milliseconds: over several gaps at least, and further the longer the run has lasted. */
function memoryOf({ gapMs, first }: ProgressEvidence, now: number): { recent: number; whole: number } {
  const elapsed = now - first.at
  return {
    recent: Math.max(3_000, 3 * gapMs, elapsed / 10),
    whole: Math.max(15_000, 8 * gapMs, elapsed / 2),
  }
}

/** Weight of the last `ms` milliseconds, as time, for somebody who remembers `memoryMs`. */
function shareOf(ms: number, memoryMs: number): number {
  return memoryMs * -Math.expm1(-ms / memoryMs)
}

/** Adds `work` done evenly over the last `ms` milliseconds, and lets what was before fade. */
function fade(sum: FadingSum, ms: number, work: number, memoryMs: number): FadingSum {
  if (ms === 0) return sum
  const kept = Math.exp(-ms / memoryMs)
  const time = shareOf(ms, memoryMs)
  return { work: sum.work * kept + (work / ms) * time, time: sum.time * kept + time }
}

function rateOf({ work, time }: FadingSum): number {
  return work / time
}
