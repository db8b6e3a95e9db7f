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
  readonly #questions: Map<string, Set<(value: Json) => void>> = new Map()

  receive(signal: PartSignal): void {
    const id = signal.key.slice(signal.key.indexOf(':') + 1)
    if (signal.kind === 'cancel_tool') {
      this.#canceledTools.add(id)
      this.#tools.get(id)?.()
    } else if (!this.#answers.has(id)) {
      this.#answers.set(id, signal.value)
      for (const take of [...(this.#questions.get(id) ?? [])]) take(signal.value)
    }
  }

  /**
   * Calls `cancel` when the tool call is canceled; at once if it was already.
   *
   * @returns stops listening, at the end of the call: what came for it is forgotten.
   */
  onToolCancel(id: string, cancel: () => void): () => void {
    this.#tools.set(id, cancel)
    if (this.#canceledTools.has(id)) cancel()
    return () => {
      this.#tools.delete(id)
      this.#canceledTools.delete(id)
    }
  }

  /** Forgets the cancel of a call that is over: another one with the same id begins. */
  forgetToolCancel(id: string): void {
    this.#canceledTools.delete(id)
  }

  /** Forgets all canceled calls, as another attempt does; answers the keys of their signals, to be settled. */
  takeToolCancels(): Signal['key'][] {
    const keys = Array.from(this.#canceledTools, (id) => `tool:${id}` as const)
    this.#canceledTools.clear()
    return keys
  }

  /** The answer that was already given; `undefined` when there is none. */
  answerTo(id: string): Json | undefined {
    return this.#answers.get(id)
  }

  /** Calls `take` with the answer when it comes; a question may be waited for more than once. Answers how to stop listening. */
  onAnswer(id: string, take: (value: Json) => void): () => void {
    const takers = this.#questions.get(id) ?? new Set()
    this.#questions.set(id, takers.add(take))
    return () => {
      takers.delete(take)
      if (takers.size === 0) this.#questions.delete(id)
    }
  }
}
