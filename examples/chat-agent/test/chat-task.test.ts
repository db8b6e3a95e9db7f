import { TaskManager } from '@outlast/core'
import { initialBlocks, reduceEvents } from '@outlast/core/blocks'
import { MockLanguageModelV3, simulateReadableStream } from 'ai/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answerer } from '../server/answerer.ts'
import { chatTask } from '../server/chat-task.ts'
import { offlineAnswerer } from '../server/choose-answerer.ts'
import { earlierTurns } from '../server/earlier-turns.ts'
import { modelAnswerer } from '../server/model-answerer.ts'
import { userMessageIn } from '../web/src/user-message.ts'
import { smallCheckout } from './small-checkout.ts'

let checkout: ReturnType<typeof smallCheckout>
beforeAll(() => {
  checkout = smallCheckout()
})
afterAll(() => checkout.remove())

function chatWith(answerer: Answerer) {
  const manager: TaskManager = new TaskManager({
    tasks: [chatTask(answerer, (query) => earlierTurns(manager, query))],
  })
  return {
    manager,
    async ask(message: string, conversationId: string | null = null) {
      const input = { message, conversation_id: conversationId }
      const handle = await manager.create({ userId: 'ada', input })
      const record = await handle.finished()
      const page = await manager.read(handle.id, { from: 0 })
      const events = (page?.events ?? []).map((event) => JSON.parse(event) as { type: string; data: never })
      const result = record.result === null ? null : (JSON.parse(record.result) as { answer: string })
      return { record, events, answer: result?.answer ?? '' }
    },
  }
}

describe('the offline agent', () => {
  it('says what it is first, thinks before it acts, and answers from what the tools found', async () => {
    const { ask, manager } = chatWith(offlineAnswerer(checkout.path, 0))
    const { answer, events, record } = await ask('Where is the class Kettle `Kettle` defined?')
    expect(record.status).toBe('succeeded')
    expect(answer).toMatch(/^No language model wrote this/)
    expect(answer).toContain('`src/kettle.ts:1`')
    expect(answer).toContain('export class Kettle {')
    const types = events.map(({ type }) => type)
    expect(types.indexOf('thinking_end')).toBeLessThan(types.indexOf('tool_intent'))
    expect(types.indexOf('tool_start')).toBeLessThan(types.indexOf('text_start'))
    await manager.close()
  })

  it.each([
    ['show src/kettle.ts:2-2', 'boil() {}'],
    ['what changed recently', 'Boil water'],
    ['who wrote README.md', 'Ada (1)'],
    ['what is not committed', '**Nothing.** The working tree is the last commit.'],
    ['run the kettle tests', '**Passed.**'],
    ['run the broken tests', '**Failed.**'],
    ['run the teapot tests', '**No such test.**'],
    ['find teapot_lid', '**Nothing found.**'],
    ['How does the kettle boil?', '`src/'],
    ['type-check it', '**No tsconfig.**'],
    ['show missing.ts', '**No such file.**'],
    ['read .env', '".env" is not for reading: it may hold secrets.'],
    ['read /etc/hostname', '"/etc/hostname" is outside of the checkout.'],
    ['read .missing', 'There is no file ".missing" in the checkout.'],
    ['explain README.md', 'here is what it says.'],
    ['summarise README.md', 'Boils water'],
    ['run the mjs tests', 'Not run, though 1 more fits:'],
    ['run tests', 'Name one of these 2, please'],
    ['who wrote README.md', 'the last commit, by'],
    ['where is Kettle', '`src/kettle.ts:1`'],
  ])('answers "%s" with %s', async (message, part) => {
    const { ask, manager } = chatWith(offlineAnswerer(checkout.path, 0))
    expect((await ask(message)).answer).toContain(part)
    await manager.close()
  })
})

describe('the log', () => {
  it('begins with the whole message of the user, which lists only shorten', async () => {
    const { ask, manager } = chatWith(offlineAnswerer(checkout.path, 0))
    const message = `${'word '.repeat(20_000)}\u0000end`
    const { record, events } = await ask(message)
    expect(record.status).toBe('succeeded')
    expect(record.summary.length).toBeLessThan(3_000)
    const blocks = reduceEvents(initialBlocks, events as never).blocks
    expect(userMessageIn(blocks)).toBe(message)
    await manager.close()
  })

  it('tells a refusal of a tool in words when the agent is asked for what no tool takes', async () => {
    const { ask, manager } = chatWith(offlineAnswerer(checkout.path, 0))
    const { record } = await ask(`find "${'x'.repeat(5_000)}" and ${'y'.repeat(5_000)}`)
    expect(record.status).toBe('succeeded')
    await manager.close()
  })
})

describe('the model', () => {
  const usage = {
    inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 4, text: 4, reasoning: 0 },
  }
  const speaking = (answer: string) => [
    { type: 'text-start', id: '1' } as const,
    { type: 'text-delta', id: '1', delta: answer } as const,
    { type: 'text-end', id: '1' } as const,
    { type: 'finish', usage, finishReason: { unified: 'stop', raw: 'stop' } } as const,
  ]

  it('uses the same tools behind the stop gate, and its answer is the result', async () => {
    const calling = [
      {
        type: 'tool-call',
        toolCallId: 'c1',
        toolName: 'run_tests',
        input: '{"file":"test/kettle.test.mjs"}',
      } as const,
      { type: 'finish', usage, finishReason: { unified: 'tool-calls', raw: 'tool_calls' } } as const,
    ]
    const model = new MockLanguageModelV3({
      doStream: [
        { stream: simulateReadableStream({ chunks: calling }) },
        { stream: simulateReadableStream({ chunks: speaking('It boils.') }) },
      ],
    })
    const { ask, manager } = chatWith(modelAnswerer({ name: 'mock', model }, checkout.path))
    const { record, events, answer } = await ask('Does it boil?')
    expect(record.error).toBeNull()
    expect(answer).toBe('It boils.')
    const results = events
      .filter(({ type }) => type === 'update_action')
      .map(({ data }) => data as { status: string; result?: unknown })
    expect(results.at(-1)).toMatchObject({ status: 'completed', result: { passed: true } })
    expect(
      results.some(({ status, result }) => status === 'running' && String(result).includes('it boils')),
    ).toBe(true)
    await manager.close()
  })

  it('is told the earlier turns of the conversation', async () => {
    const model = new MockLanguageModelV3({
      doStream: async () => ({ stream: simulateReadableStream({ chunks: speaking('Tea.') }) }),
    })
    const { ask, manager } = chatWith(modelAnswerer({ name: 'mock', model }, checkout.path))
    const first = await ask('What do you drink?')
    await ask('And what did I ask?', first.record.conversationId)
    const prompt = model.doStreamCalls[1]?.prompt.filter(({ role }) => role !== 'system')
    expect(prompt?.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(JSON.stringify(prompt)).toContain('Tea.')
    await manager.close()
  })
})
