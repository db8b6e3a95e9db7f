import { describe, expect, it } from 'vitest'
import { defineChatTask } from '../src/chat-task.ts'
import { TaskManager } from '../src/index.ts'
import { chatInputSchema } from '../src/schemas/index.ts'

describe('a chat task', () => {
  it('is named chat, takes 10 MiB and belongs to its conversation', () => {
    const chat = defineChatTask({ run: () => null })
    expect(chat.type).toBe('chat')
    expect(chat.maxBodyBytes).toBe(10 * 1_048_576)
    const input = chatInputSchema.parse({ message: 'hi', conversation_id: 'c7' })
    expect(chat.conversationId?.(input)).toBe('c7')
    expect(defineChatTask({ type: 'support', maxBodyBytes: 10, run: () => null })).toMatchObject({
      type: 'support',
      maxBodyBytes: 10,
    })
  })

  it('gives its runner images and videos as one list beside the two', async () => {
    const manager = new TaskManager({ tasks: [defineChatTask({ run: ({ input }) => input })] })
    const body = { message: 'look', images: ['a.png', { id: 1 }], videos: ['b.mp4'], run_mode: 'FAST' }
    const handle = await manager.create({ userId: 'u', input: body })
    const { result } = await handle.finished()
    expect(JSON.parse(result ?? '')).toMatchObject({
      message: 'look',
      images: ['a.png', { id: 1 }],
      videos: ['b.mp4'],
      runMode: 'fast',
      media: [
        { type: 'image', source: 'a.png' },
        { type: 'image', source: { id: 1 } },
        { type: 'video', source: 'b.mp4' },
      ],
    })
    await manager.close()
  })

  it('shows its public fields in lists, the message shortened between characters', () => {
    const { summary } = defineChatTask({ run: () => null })
    const input = chatInputSchema.parse({ message: 'hi', images: ['a'], model_key: 'm', max_iterations: 3 })
    expect(summary?.(input)).toEqual({
      message: 'hi',
      image_count: 1,
      video_count: 0,
      model_key: 'm',
      thinking_mode: null,
      run_mode: null,
      max_iterations: 3,
    })
    const long = (message: string) => summary?.(chatInputSchema.parse({ message })).message
    expect(long('x'.repeat(2_000))).toBe('x'.repeat(2_000))
    expect(long('x'.repeat(2_001))).toBe(`${'x'.repeat(1_999)}…`)
    expect(long(`${'x'.repeat(1_998)}😀😀`)).toBe(`${'x'.repeat(1_998)}…`)
  })
})
