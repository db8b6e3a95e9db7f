import { TaskClientError, type TaskSnapshot } from '@outlast/client'
import { type Browser, watchUntil } from './browser.ts'
import { isRunning } from './is-running.ts'
import type { Report } from './report.ts'

const request = 'run the slow tests'
const acceptableMs = 2_000

function runningTests({ blocks }: TaskSnapshot) {
  const block = blocks.find((candidate) => candidate.type === 'tool' && candidate.name === 'run_tests')
  return block?.type === 'tool' ? block : null
}

/** The slow tests print the process ids of their tree. */
function pidsIn(output: unknown): readonly number[] {
  return [...String(output).matchAll(/process pid (\d+)/g)].map((match) => Number(match[1]))
}

/** A stop in the middle of a tool must end its processes and leave a readable result and one terminal event. */
export async function checkStop(browser: Browser, report: Report): Promise<void> {
  const client = browser.open()
  const { task_id: taskId } = await client.start({ message: request })
  const observer = client.observe(taskId, { watermark: 0 })
  const busy = await watchUntil(
    observer,
    'the slow tests run',
    (snapshot) => pidsIn(runningTests(snapshot)?.output).length >= 2,
  )
  const pids = pidsIn(runningTests(busy)?.output)
  report.expect(pids.every(isRunning), 'A tool runs as a tree of real processes', `pids ${pids.join(', ')}`)

  const second = await client.start({ message: 'hello' }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  report.expect(
    TaskClientError.is(second, 'task_already_running'),
    'A second task is refused meanwhile and told which one runs',
    TaskClientError.is(second) ? `${second.status} ${second.code}` : 'it was accepted',
  )

  const stoppedAt = performance.now()
  const { outcome } = await browser.open().cancel(taskId, { reason: 'the check stops it' })
  const after = await watchUntil(observer, 'the task ends', (snapshot) => snapshot.outcome !== null)
  const tookMs = Math.round(performance.now() - stoppedAt)
  report.expect(
    outcome === 'requested' && after.status === 'canceled',
    'A stop ends the task as canceled',
    `${tookMs} ms`,
  )
  report.expect(tookMs <= acceptableMs, `… within ${acceptableMs} ms`)

  const tool = runningTests(after)
  report.expect(
    tool?.status === 'canceled' && tool.result === 'cancelled by user',
    'The tool is canceled and says why',
    `${tool?.status}: ${String(tool?.result)}`,
  )
  const stayed = pidsIn(tool?.output)
  report.expect(
    pids.every((pid) => stayed.includes(pid)),
    'What it had written stays',
    `${String(tool?.output ?? '').length} characters`,
  )
  const alive = pids.filter(isRunning)
  report.expect(
    alive.length === 0,
    'Its processes are gone',
    alive.length === 0 ? 'all of them' : `pids ${alive.join(', ')} live`,
  )

  const page = await browser.open().read(taskId)
  const ends = page.events.filter(({ type }) => type === 'task_complete')
  report.expect(
    ends.length === 1 && page.events.at(-1)?.type === 'task_complete',
    'The log has exactly one terminal event, and it is the last',
    `${page.next_offset} events`,
  )

  const next = await client.start({ message: 'hello' })
  const done = await watchUntil(
    client.observe(next.task_id),
    'the next task ends',
    (snapshot) => snapshot.outcome !== null,
  )
  report.expect(done.status === 'succeeded', 'A new task is accepted and succeeds')
}
