export { type CancelRequest, cancelRequestSchema } from './cancel-request.ts'
export {
  type ChatBody,
  type ChatInput,
  chatInputSchema,
  chatLimits,
  type MediaSource,
  type RunMode,
} from './chat-input.ts'
export { firstIssue, inputIssues } from './input-issues.ts'
