import { readUIMessageStream, type UIMessage, type UIMessageChunk, uiMessageChunkSchema } from 'ai'
import { expect } from 'vitest'

const schema = uiMessageChunkSchema()

/** Fails unless the SDK's own schema accepts every chunk. */
export async function expectValid(chunks: readonly UIMessageChunk[]): Promise<void> {
  for (const chunk of chunks) {
    const result = await schema.validate?.(chunk)
    expect(result, JSON.stringify(chunk)).toMatchObject({ success: true })
  }
}

/** What the SDK's own reader makes of the chunks; it fails on a chunk that it does not expect. */
export async function readChunks(chunks: readonly UIMessageChunk[]): Promise<UIMessage | undefined> {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) if (chunk.type !== 'error') controller.enqueue(chunk)
      controller.close()
    },
  })
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state
  return message
}
