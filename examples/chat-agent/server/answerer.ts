import type { TaskContext } from '@outlast/core'
import type { ChatAnswer } from './chat-answer.ts'

/** A turn of the conversation that came before. */
export interface Turn {
  message: string
  answer: string
}

/** What is asked of an answerer. */
interface ChatRequest {
  message: string
  /** Oldest first. */
  earlier: readonly Turn[]
  /** Most steps of a model; one step may call several tools. */
  maxSteps: number
}

/** Whatever answers: a model, a recording, or the offline agent. */
export interface Answerer {
  /** Shown on the page and in the terminal. */
  readonly name: string
  /** The file that is played back, whatever is asked; `null` for an answerer that answers. */
  readonly recording: string | null
  answer(context: TaskContext, request: ChatRequest): Promise<ChatAnswer>
}
