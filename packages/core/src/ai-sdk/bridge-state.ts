import { StreamOrder } from './stream-order.ts'

/** What the bridge remembers of a task's run, across its streams. */
export interface BridgeState {
  /** Number of text and thinking blocks so far; makes their event ids unique within the run. */
  blocks: number
  /** Tokens of every step so far. */
  usage: TokenCounts
  /** Names of the tools that `wrapTools` wrapped: their calls write their own events. */
  readonly wrappedNames: Set<string>
  /** Ids of the calls that a wrapped tool has taken over. */
  readonly wrappedCalls: Set<string>
  readonly order: StreamOrder
}

/** Numbers of tokens; `cached` is part of `input`, `reasoning` is part of `output`. */
export interface TokenCounts {
  readonly input: number
  readonly output: number
  readonly total: number
  readonly cached: number
  readonly reasoning: number
}

/** No token used. */
export const noTokens: TokenCounts = { input: 0, output: 0, total: 0, cached: 0, reasoning: 0 }

// Keyed by the context, which lives as long as the run: `forwardAiSdkStream` and `wrapTools` meet here without
// the application handing anything from one to the other.
const states = new WeakMap<object, BridgeState>()

/** The state of the run whose context this is. */
export function bridgeStateOf(context: object): BridgeState {
  const known = states.get(context)
  if (known !== undefined) return known
  const state: BridgeState = {
    blocks: 0,
    usage: noTokens,
    wrappedNames: new Set(),
    wrappedCalls: new Set(),
    order: new StreamOrder(),
  }
  states.set(context, state)
  return state
}
