import type { Json, Signal } from '../store/index.ts'

/** A signal that concerns a part of a run: one tool call, one open question. */
export type PartSignal = Exclude<Signal, { kind: 'stop' }>

/**
 * Takes the stored signals of one run to whom they concern. They may come before anybody asks for them, and more than
 * once: the store hands them out until they are settled.
 */
export class RunSignals {
  readonly #canceledTools: Set<string> = new Set()
  readonly #tools: Map<string, () => void> = new Map()
  readonly #answers: Map<string, Json> = new Map()
  readonly #questions: Map<string, (value: Json) => void> = new Map()

  receive(signal: PartSignal): void {
    const id = signal.key.slice(signal.key.indexOf(':') + 1)
    if (signal.kind === 'cancel_tool') {
      this.#canceledTools.add(id)
      this.#tools.get(id)?.()
    } else if (!this.#answers.has(id)) {
      this.#answers.set(id, signal.value)
      this.#questions.get(id)?.(signal.value)
    }
  }

  /** Calls `cancel` when the tool call is canceled; at once if it was already. Answers how to stop listening. */
  onToolCancel(id: string, cancel: () => void): () => void {
    this.#tools.set(id, cancel)
    if (this.#canceledTools.has(id)) cancel()
    return () => {
      this.#tools.delete(id)
    }
  }

  /** The answer that was already given; `undefined` when there is none. */
  answerTo(id: string): Json | undefined {
    return this.#answers.get(id)
  }

  /** Calls `take` with the answer when it comes. Answers how to stop listening. */
  onAnswer(id: string, take: (value: Json) => void): () => void {
    this.#questions.set(id, take)
    return () => {
      this.#questions.delete(id)
    }
  }
}
