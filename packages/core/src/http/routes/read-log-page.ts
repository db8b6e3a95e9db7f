import { TaskError } from '../../errors.ts'
import type { ReadPage } from '../../store/index.ts'
import { ownPage } from './own-task.ts'
import type { ReadQuery } from './read-query.ts'
import type { RouteCall } from './route.ts'

/**
 * The page of the log of the viewer's task that a read asks for.
 *
 * @throws TaskError `task_not_found`, `cursor_void`
 */
export function readLogPage(call: RouteCall, { events, epoch }: ReadQuery): Promise<ReadPage> {
  const page = ownPage(call, events)
  return epoch === null ? page : page.then((read) => checkedEpoch(read, epoch, events.from))
}

function checkedEpoch(page: ReadPage, epoch: string, from: number): ReadPage {
  if (epoch === page.task.epoch && from <= page.task.nextIdx) return page
  throw new TaskError(
    'cursor_void',
    'The log was recreated and the cursor is void. Drop what was read and start again with from=0.',
  )
}
