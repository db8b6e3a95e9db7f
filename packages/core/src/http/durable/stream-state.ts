import { isFinalStatus } from '../../protocol/index.ts'
import type { TaskRecord } from '../../store/index.ts'
import { formatOffset } from './offset.ts'

/** What the headers of a read say of the stream, for a reader whose next idx is `next`. */
export function streamState(task: TaskRecord, next: number): Readonly<Record<string, string>> {
  const isTail = next >= task.nextIdx
  return {
    'stream-next-offset': formatOffset({ idx: next, epoch: task.epoch }),
    ...(isTail && { 'stream-up-to-date': 'true' }),
    // A task that has ended is a stream that was closed, for those who have read it to its end.
    ...(isTail && isFinalStatus(task.status) && { 'stream-closed': 'true' }),
  }
}
