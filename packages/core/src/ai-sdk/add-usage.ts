import type { AiSdkUsage } from './ai-sdk-part.ts'
import type { TokenCounts } from './bridge-state.ts'

/** Adds what one step used; what the provider did not say counts as 0. */
export function addUsage(sum: TokenCounts, usage: AiSdkUsage): TokenCounts {
  const input = usage.inputTokens ?? 0
  const output = usage.outputTokens ?? 0
  return {
    input: sum.input + input,
    output: sum.output + output,
    total: sum.total + (usage.totalTokens ?? input + output),
    cached: sum.cached + (usage.inputTokenDetails?.cacheReadTokens ?? usage.cachedInputTokens ?? 0),
    reasoning: sum.reasoning + (usage.outputTokenDetails?.reasoningTokens ?? usage.reasoningTokens ?? 0),
  }
}
