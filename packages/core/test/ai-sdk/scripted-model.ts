import { type LanguageModel, simulateReadableStream } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

type Model = Exclude<LanguageModel, string> & { readonly specificationVersion: 'v3' }
type StreamResult = Awaited<ReturnType<Model['doStream']>>
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never

const usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

/** A model whose n-th answer is the n-th script. */
export function scriptedModel(...answers: StreamPart[][]): MockLanguageModelV3 {
  const rest = answers.values()
  return new MockLanguageModelV3({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: rest.next().value ?? [],
        initialDelayInMs: null,
        chunkDelayInMs: null,
      }),
    }),
  })
}

/** A text block. The id is the same every time, as it is with real providers. */
export function says(text: string): StreamPart[] {
  const deltas = text.split(/(?<= )/).map((delta): StreamPart => ({ type: 'text-delta', id: 'txt-0', delta }))
  return [{ type: 'text-start', id: 'txt-0' }, ...deltas, { type: 'text-end', id: 'txt-0' }]
}

/** A tool call whose arguments stream in. */
export function calls(toolCallId: string, toolName: string, input: object): StreamPart[] {
  const json = JSON.stringify(input)
  return [
    { type: 'tool-input-start', id: toolCallId, toolName },
    { type: 'tool-input-delta', id: toolCallId, delta: json.slice(0, 4) },
    { type: 'tool-input-delta', id: toolCallId, delta: json.slice(4) },
    { type: 'tool-input-end', id: toolCallId },
    { type: 'tool-call', toolCallId, toolName, input: json },
  ]
}

/** The end of an answer. */
export function finishes(unified: 'stop' | 'tool-calls'): StreamPart {
  return { type: 'finish', finishReason: { unified, raw: unified }, usage }
}
