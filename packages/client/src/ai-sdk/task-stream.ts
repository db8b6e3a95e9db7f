import type { UIMessageChunk } from 'ai'
import type { TaskObserver } from '../index.ts'
import { MessageWriter } from './message-writer.ts'

/**
 * A task as the stream of one message, from its beginning to its end. Whoever cancels the stream stops reading; the
 * task runs on.
 *
 * @param writer makes the message of the task's snapshots
 * @param last what the stream ends with after the message; may grow until then
 */
export function taskStream(
  { subscribe, getSnapshot }: Pick<TaskObserver, 'subscribe' | 'getSnapshot'>,
  writer: MessageWriter = new MessageWriter(),
  last: readonly UIMessageChunk[] = [],
): ReadableStream<UIMessageChunk> {
  let leave = (): void => {}
  return new ReadableStream({
    start(controller) {
      let isOver = false
      const look = (): void => {
        if (isOver) return
        const { chunks, ended } = writer.write(getSnapshot())
        for (const chunk of chunks) controller.enqueue(chunk)
        if (!ended) return
        for (const chunk of last) controller.enqueue(chunk)
        isOver = true
        leave()
        controller.close()
      }
      leave = subscribe(look)
      look()
      if (isOver) leave()
    },
    cancel: () => leave(),
  })
}
