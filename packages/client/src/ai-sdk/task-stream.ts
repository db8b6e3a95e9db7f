import type { UIMessageChunk } from 'ai'
import type { TaskObserver } from '../index.ts'
import { MessageWriter } from './message-writer.ts'

/**
 * A task as the stream of one message, from its beginning to its end. Whoever cancels the stream stops reading; the
 * task runs on.
 */
export function taskStream({
  subscribe,
  getSnapshot,
}: Pick<TaskObserver, 'subscribe' | 'getSnapshot'>): ReadableStream<UIMessageChunk> {
  let leave = (): void => {}
  return new ReadableStream({
    start(controller) {
      const writer = new MessageWriter()
      let isOver = false
      const look = (): void => {
        if (isOver) return
        const { chunks, ended } = writer.write(getSnapshot())
        for (const chunk of chunks) controller.enqueue(chunk)
        if (!ended) return
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
