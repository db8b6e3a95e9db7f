import { describe, expect, it } from 'vitest'
import { chatInputSchema, inputIssues } from '../../src/schemas/index.ts'

function issuesOf(body: unknown): unknown {
  const parsed = chatInputSchema.safeParse(body)
  return parsed.success ? [] : inputIssues(parsed.error)
}

describe('the chat body', () => {
  it('gets the runner’s names, and null for what was left out or null', () => {
    const bare = {
      message: 'hello',
      images: [],
      videos: [],
      conversationId: null,
      modelKey: null,
      thinkingMode: null,
      runMode: null,
      maxIterations: null,
    }
    expect(chatInputSchema.parse({ message: '  hello\n' })).toEqual(bare)
    const nothing = {
      images: null,
      videos: null,
      conversation_id: null,
      model_key: null,
      thinking_mode: null,
    }
    const nulls = { message: 'hello', ...nothing, run_mode: null, max_iterations: null }
    expect(chatInputSchema.parse(nulls)).toEqual(bare)
    expect(
      chatInputSchema.parse({
        message: null,
        images: ['a.png', { id: 7 }],
        videos: ['b.mp4'],
        conversation_id: 'c',
        model_key: 'm',
        thinking_mode: true,
        run_mode: 'Thinking',
        max_iterations: 1_000,
      }),
    ).toEqual({
      message: '',
      images: ['a.png', { id: 7 }],
      videos: ['b.mp4'],
      conversationId: 'c',
      modelKey: 'm',
      thinkingMode: true,
      runMode: 'thinking',
      maxIterations: 1_000,
    })
  })

  it.each([
    [{}, 'message', 'must not be empty unless there are images or videos'],
    [{ message: ' \t' }, 'message', 'must not be empty unless there are images or videos'],
    [{ message: ['hello'] }, 'message', 'must be a string'],
    [{ message: 'x'.repeat(1_000_001) }, 'message', 'must have at most 1000000 characters'],
    [{ message: 'x', images: 'a.png' }, 'images', 'must be a list of strings or objects'],
    [{ message: 'x', images: [7] }, 'images.0', 'must be a string or an object'],
    [{ message: 'x', videos: [['a']] }, 'videos.0', 'must be a string or an object'],
    [{ message: 'x', videos: Array(101).fill('a') }, 'videos', 'must have at most 100 entries'],
    [
      { message: 'x', conversation_id: 'c'.repeat(257) },
      'conversation_id',
      'must have at most 256 characters',
    ],
    [{ message: 'x', model_key: 5 }, 'model_key', 'must be a string'],
    [{ message: 'x', thinking_mode: 1 }, 'thinking_mode', 'must be a boolean or a string'],
    [{ message: 'x', run_mode: 'turbo' }, 'run_mode', 'must be "fast", "thinking" or "deep"'],
    [{ message: 'x', max_iterations: 0 }, 'max_iterations', 'must be at least 1'],
    [{ message: 'x', max_iterations: 1_001 }, 'max_iterations', 'must be at most 1000'],
    [{ message: 'x', max_iterations: 1.5 }, 'max_iterations', 'must be a whole number'],
    [{ message: 'x', max_iterations: '5' }, 'max_iterations', 'must be a number'],
    [{ message: 'x', mesage: 'y' }, '', 'unknown field: mesage'],
    ['hello', '', 'must be a JSON object'],
    [null, '', 'must be a JSON object'],
  ])('is refused as %j with one issue', (body, path, message) => {
    expect(issuesOf(body)).toEqual([{ path, message }])
  })

  it('needs no message beside a picture or a film', () => {
    expect(issuesOf({ images: ['a.png'] })).toEqual([])
    expect(issuesOf({ message: '', videos: [{ url: 'b.mp4' }] })).toEqual([])
  })

  it('leaves no way to a prototype', () => {
    const body = JSON.parse('{"message":"x","images":[{"__proto__":{"admin":true},"id":1}]}')
    const [image] = chatInputSchema.parse(body).images
    expect((image as { admin?: boolean }).admin).toBeUndefined()
    expect(issuesOf(JSON.parse('{"message":"x","__proto__":{"admin":true}}'))).toEqual([
      { path: '', message: 'unknown field: __proto__' },
    ])
  })

  it('survives NUL, lone surrogates and JSON', () => {
    const message = 'a\u0000b\ud800c'
    const input = chatInputSchema.parse({ message })
    expect(JSON.parse(JSON.stringify(input))).toEqual(input)
    expect(input.message).toBe(message)
  })
})
