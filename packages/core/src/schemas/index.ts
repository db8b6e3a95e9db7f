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
export {
  type ActiveCancelRequest,
  activeCancelRequestSchema,
  type InputAnswerRequest,
  inputAnswerRequestSchema,
  type RequestSchemas,
  requestSchemas,
} from './request-bodies.ts'
export { type ResponseSchemas, responseSchemas } from './response-schemas.ts'
export { type JsonSchema, toJsonSchema } from './to-json-schema.ts'
