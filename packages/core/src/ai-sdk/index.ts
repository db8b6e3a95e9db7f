export type { AiSdkFile, AiSdkStream } from './ai-sdk-part.ts'
export type { BridgeEvents } from './bridge-emit.ts'
export type { TokenCounts } from './bridge-state.ts'
export {
  type ForwardContext,
  type ForwardOptions,
  type ForwardSummary,
  forwardAiSdkStream,
} from './forward-ai-sdk-stream.ts'
export { type AiSdkTools, wrapTools } from './wrap-tools.ts'
