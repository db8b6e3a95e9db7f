import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { defaults } from '../../src/defaults.ts'
import type { ReadPage, TaskDefinition } from '../../src/index.ts'
import { isFinalStatus, type TaskEvent } from '../../src/protocol/index.ts'
import type { RunFacts } from './run-facts.ts'

/** The events of a page, parsed. */
export function eventsIn(page: ReadPage): TaskEvent[] {
  return page.events.map((text) => JSON.parse(text) as TaskEvent)
}

/** What is wrong with a log at whatever moment, as a sentence; `null` for nothing. */
export function problemOfLog(page: ReadPage): string | null {
  const { task } = page
  const events = eventsIn(page)
  const ends = events.filter(({ type }) => type === 'task_complete')
  if (events.some(({ idx }, position) => idx !== position)) return 'its events are not numbered without a gap'
  if (task.nextIdx !== events.length) return `its record says that ${task.nextIdx} is the next event`
  if (ends.length !== (isFinalStatus(task.status) ? 1 : 0)) return `it has ${ends.length} ends`
  if (!isFinalStatus(task.status)) return null
  const { outcome } = reduceEvents(initialBlocks, events)
  if (events.at(-1)?.type !== 'task_complete') return 'it goes on after its end'
  if (outcome?.status !== task.status) return `its end says ${outcome?.status}`
  // Without the end: a reducer takes it for the end of whatever is open.
  for (const block of reduceEvents(initialBlocks, events.slice(0, -1)).blocks) {
    const isOpen =
      ((block.type === 'text' || block.type === 'thinking') && block.open) ||
      (block.type === 'tool' && (block.status === 'running' || block.status === 'preparing')) ||
      (block.type === 'input' && block.outcome === null)
    if (isOpen) return `its block ${block.key} is open`
  }
  return null
}

/** What is wrong with how a task has ended, given what became known of it and that one process has died. */
export function problemOfEnd(
  page: ReadPage,
  facts: RunFacts,
  { onInterrupted, maxAttempts = defaults.maxAttempts }: Partial<TaskDefinition>,
  errorCodes: readonly string[],
): string | null {
  const { task } = page
  const { id, status, attempt } = task
  const ofTask = <Fact extends { taskId: string }>(all: readonly Fact[]): Fact[] =>
    all.filter(({ taskId }) => taskId === id)
  const runs = ofTask(facts.runs)
  const toolStarts = ofTask(facts.toolStarts)
  const events = eventsIn(page)
  const mayRetry = onInterrupted === 'retry'

  if (facts.stopped.has(id) && status !== 'canceled') return 'its stop was acknowledged'
  if (status === 'canceled' && task.stop === null) return 'nobody had asked for its stop'
  if (status === 'failed') {
    const { code } = JSON.parse(task.error ?? '{}') as { code?: string }
    const isLast = !mayRetry || attempt >= maxAttempts
    if (!(code === 'interrupted' && isLast) && !errorCodes.includes(code ?? '')) return `its code is ${code}`
  }
  if (attempt > maxAttempts) return `it had ${attempt} attempts`
  if (toolStarts.some(({ isLate }) => isLate)) return 'a tool started after an acknowledged stop'
  if (runs.some(({ overlaps }) => overlaps)) return 'it ran while another task of its scope did'
  if (!mayRetry && runs.length > 1) return `it ran ${runs.length} times`
  if (!mayRetry && new Set(toolStarts.map(({ tool }) => tool)).size < toolStarts.length) {
    return 'a tool ran twice'
  }
  for (const run of runs) {
    if (Number(run.lastCheckpoint) < Number(run.savedCheckpoint)) {
      return `attempt ${run.attempt} was handed checkpoint ${run.lastCheckpoint} instead of ${run.savedCheckpoint}`
    }
    const isReset = events.some(
      ({ type, data }) => type === 'attempt_reset' && (data as { attempt: number }).attempt === run.attempt,
    )
    if (run.hasHistory && !isReset) return `attempt ${run.attempt} began without attempt_reset`
  }
  for (const { content } of ofTask(facts.texts)) {
    if (!page.events.some((text) => text.includes(JSON.stringify(content)))) {
      return `the text "${content}" was acknowledged and is not in the log`
    }
  }
  return null
}

/** A log for a person who has to find out what went wrong. */
export function describePage(page: ReadPage): string {
  const { id, status, attempt, holdsSlot, stop, error } = page.task
  const log = eventsIn(page).map(({ idx, type, data }) => `\n    ${idx} ${type} ${JSON.stringify(data)}`)
  const record = { id, status, attempt, holdsSlot, stop, error }
  return `${JSON.stringify(record)}${log.join('')}`
}
