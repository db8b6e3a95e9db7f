import { isDeepStrictEqual } from 'node:util'
import { restoreTaskState } from '@outlast/client'
import { type Browser, watchUntil } from './browser.ts'
import type { Report } from './report.ts'

const question = 'How does a stop reach a running tool?'

/** A client that goes away in the middle and comes back must end with what an undisturbed one shows. */
export async function checkRestore(browser: Browser, report: Report): Promise<void> {
  const { task_id: taskId } = await browser.open().start({ message: question })
  report.expect(taskId.length >= 20, 'A task is created', taskId)

  const undisturbed = watchUntil(
    browser.open().observe(taskId, { watermark: 0 }),
    'the undisturbed client reads to the end',
    ({ outcome }) => outcome !== null,
  )
  const dropped = await watchUntil(
    browser.open().observe(taskId, { watermark: 0 }),
    'a tool has been used',
    ({ blocks }) => blocks.some((block) => block.type === 'tool' && block.status === 'completed'),
  )
  report.expect(
    dropped.status === 'running',
    'A client follows, and is dropped while the task runs',
    `at event ${dropped.nextOffset}, ${dropped.blocks.length} blocks`,
  )
  await watchUntil(
    browser.open().observe(taskId),
    'the task goes on without that client',
    ({ nextOffset }) => nextOffset >= dropped.nextOffset + 10,
  )

  const restored = await restoreTaskState({ client: browser.open() })
  if (!restored.found) return report.expect(false, 'A new client finds the running task', restored.reason)
  const first = restored.observer.getSnapshot()
  report.expect(
    restored.task.task_id === taskId && first.nextOffset > dropped.nextOffset,
    'A new client finds the running task and has it up to now in one step',
    `events 0 to ${first.nextOffset - 1}, ${first.blocks.length} blocks`,
  )
  report.expect(
    first.watermark === first.nextOffset,
    'Nothing that was restored animates',
    `watermark ${first.watermark}`,
  )

  const isOver = ({ outcome }: { outcome: unknown }): boolean => outcome !== null
  const after = await watchUntil(restored.observer, 'the restored client reads to the end', isOver)
  const whole = await undisturbed
  report.expect(
    after.status === 'succeeded',
    'The task succeeds',
    `${after.nextOffset} events, ${after.task?.elapsed_ms} ms`,
  )
  const different = whole.blocks.findIndex((block, index) => !isDeepStrictEqual(block, after.blocks[index]))
  report.expect(
    whole.blocks.length > 0 && different === -1 && whole.blocks.length === after.blocks.length,
    'Restored and undisturbed client show the same, block for block',
    different === -1 ? `${whole.blocks.length} blocks` : `block ${different} differs`,
  )
}
