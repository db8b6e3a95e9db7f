import { forwardAiSdkStream, wrapTools } from '@outlast/core/ai-sdk'
import { type ModelMessage, stepCountIs, streamText, type Tool, type ToolSet, tool } from 'ai'
import type { Answerer, Turn } from './answerer.ts'
import type { ChosenModel } from './model.ts'
import { type ChatTool, chatTools, withReports } from './tools/index.ts'

const instructions =
  'You help with the source code of one checkout. Look things up with the tools before you answer, quote file paths ' +
  'with line numbers, say plainly what you did not find, and answer in short Markdown without tables.'

/** Answers with a language model, which uses the same tools as the offline agent. */
export function modelAnswerer(
  { name, model, recording, recordedTools }: ChosenModel,
  checkout: string,
): Answerer {
  return {
    name,
    recording: recording ?? null,
    async answer(context, { message, earlier, maxSteps }) {
      const { fullStream } = streamText({
        model,
        system: instructions,
        messages: [...(recordedTools ? [] : earlier.flatMap(messagesOf)), { role: 'user', content: message }],
        tools: wrapTools(context, recordedTools ?? modelTools(checkout, context.signal)),
        stopWhen: stepCountIs(maxSteps),
        abortSignal: context.signal,
        // The bridge throws the first error when the stream has ended; the SDK would print it besides.
        onError: () => undefined,
      })
      const { text } = await forwardAiSdkStream(context, fullStream)
      return { answer: text }
    },
  }
}

function messagesOf({ message, answer }: Turn): ModelMessage[] {
  return [
    { role: 'user', content: message },
    { role: 'assistant', content: answer },
  ]
}

function modelTools(checkout: string, taskSignal: AbortSignal): ToolSet {
  const toAiSdk = ({ description, input, run }: ChatTool): Tool =>
    tool({
      description,
      inputSchema: input,
      execute: (given, { abortSignal = taskSignal }) =>
        withReports((report) => run(given, { checkout, signal: abortSignal, report })),
    })
  return Object.fromEntries(
    (chatTools as readonly ChatTool[]).map((chatTool) => [chatTool.name, toAiSdk(chatTool)]),
  )
}
