import type { ToolBlock } from '@outlast/core/blocks'
import type { UIMessageChunk } from 'ai'
import type { OutlastDataParts } from './data-parts.ts'

/** Whether the input is complete: a call that failed before it started never had one. */
export function hasInput({ arguments: input, status }: ToolBlock): boolean {
  return input !== null || status === 'running' || status === 'completed'
}

/** Whether the call goes on. */
export function isOpenTool({ status }: ToolBlock): boolean {
  return status === 'preparing' || status === 'running'
}

function inputOf({ arguments: input, argumentsText }: ToolBlock): unknown {
  if (input !== null) return input
  try {
    return JSON.parse(argumentsText)
  } catch {
    // Cut, or no JSON at all: what the model wrote is shown as it stands.
    return argumentsText || {}
  }
}

function sentenceOf({ message, result, status }: ToolBlock): string {
  if (message !== null || result === null) return message ?? status
  return typeof result === 'string' ? result : JSON.stringify(result)
}

/** What the call has given: in the end, so far, or nothing yet. */
function outputChunk(block: ToolBlock): UIMessageChunk | null {
  const { id: toolCallId, status, output, result, message } = block
  if (status === 'completed') return { type: 'tool-output-available', toolCallId, output: result ?? message }
  if (!isOpenTool(block)) return { type: 'tool-output-error', toolCallId, errorText: sentenceOf(block) }
  return output === null ? null : { type: 'tool-output-available', toolCallId, output, preliminary: true }
}

/** Whether two values look the same as JSON. */
export const isSame = (left: unknown, right: unknown): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right)

/** What is to be sent of the input; `null` where it would have to become less than was sent, or another tool's. */
function inputChunks(block: ToolBlock, before: ToolBlock | null): UIMessageChunk[] | null {
  const { id: toolCallId, name: toolName, argumentsText, intent } = block
  const call = { toolCallId, toolName, ...(intent !== null && { title: intent }) }
  // A part of the AI SDK 5 keeps its tool.
  if (before && before.name !== toolName) return null
  if (hasInput(block)) {
    const input = inputOf(block)
    const isSent = before && hasInput(before) && isSame(inputOf(before), input)
    return isSent ? [] : [{ type: 'tool-input-available', ...call, input }]
  }
  if (before && hasInput(before)) return null
  const goesOn = before && argumentsText.startsWith(before.argumentsText)
  const chunks: UIMessageChunk[] = goesOn ? [] : [{ type: 'tool-input-start', ...call }]
  const inputTextDelta = argumentsText.slice(goesOn ? before.argumentsText.length : 0)
  if (inputTextDelta) chunks.push({ type: 'tool-input-delta', toolCallId, inputTextDelta })
  return chunks
}

/**
 * The chunks that lead from what was sent of a tool call to how it stands.
 *
 * @param isInStep whether the message's current step holds the call: only there can its input be sent again
 * @returns `null` when no chunks lead there
 */
export function toolChunks(
  block: ToolBlock,
  before: ToolBlock | null,
  isInStep: boolean,
): UIMessageChunk[] | null {
  const { id: toolCallId, message, progress } = block
  const chunks = inputChunks(block, before)
  if (chunks === null || (before && chunks.length > 0 && !isInStep)) return null
  const output = outputChunk(block)
  // Sent input takes the output of before away.
  if (output && (chunks.length > 0 || !before || !isSame(outputChunk(before), output))) chunks.push(output)
  const isNews = before ? message !== before.message || progress !== before.progress : (message ?? progress)
  if (isOpenTool(block) && isNews) {
    const data: OutlastDataParts['tool-progress'] = { toolCallId, message, progress }
    chunks.push({ type: 'data-tool-progress', data, transient: true })
  }
  return chunks
}
