import type { BridgeEmit } from './bridge-emit.ts'
import type { BridgeState } from './bridge-state.ts'
import { emitText } from './emit-fitting.ts'

/** Writes the text or the thinking blocks of one stream. */
export interface StreamBlocks {
  start(partId: string): void
  write(partId: string, content: string): void
  end(partId: string): void
  /** Ends what is still open, as after an abort. */
  endAll(): void
}

/**
 * Maps the SDK's ids, which begin anew with every step and in some providers within one, to ids that are unique
 * within the task: `attempt.number`.
 */
export function streamBlocks(
  kind: 'text' | 'thinking',
  emit: BridgeEmit,
  state: BridgeState,
  attempt: number,
): StreamBlocks {
  const open = new Map<string, string>()
  const end = (partId: string): void => {
    const id = open.get(partId)
    if (id === undefined) return
    open.delete(partId)
    emit(`${kind}_end`, { id })
  }
  const start = (partId: string): string => {
    end(partId)
    state.blocks += 1
    const id = `${attempt}.${state.blocks}`
    open.set(partId, id)
    emit(`${kind}_start`, { id })
    return id
  }
  return {
    start,
    write: (partId, content) => {
      const id = open.get(partId) ?? start(partId)
      emitText(content, (piece) => emit(`${kind}_chunk`, { id, content: piece }))
    },
    end,
    endAll: () => {
      for (const partId of [...open.keys()]) end(partId)
    },
  }
}
