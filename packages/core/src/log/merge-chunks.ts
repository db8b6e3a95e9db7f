import type { TaskEvent } from '../protocol/index.ts'

interface Chunk extends TaskEvent {
  data: { id?: unknown; content: string }
}

function isChunk(event: TaskEvent | undefined): event is Chunk {
  if (event?.type !== 'text_chunk' && event?.type !== 'thinking_chunk') return false
  return typeof (event.data as { content?: unknown }).content === 'string'
}

/**
 * Merges chunks of one block that follow each other, for the fold into blocks: the state is the same, made in fewer steps,
 * and the engine holds a text in few pieces instead of one for each event, which would be ten times as large.
 */
export function mergeChunks(events: readonly TaskEvent[]): readonly TaskEvent[] {
  const merged: TaskEvent[] = []
  for (let start = 0; start < events.length; ) {
    const first = events[start++] as TaskEvent
    merged.push(first)
    // The first of a run stays as it is: it may begin the block, and then gives it its key.
    if (!isChunk(first)) continue
    const pieces: string[] = []
    let last: Chunk | null = null
    for (let event = events[start]; isChunk(event) && isSameBlock(event, first); event = events[++start]) {
      pieces.push(event.data.content)
      last = event
    }
    // Joined, not added up: that makes one piece.
    if (last !== null) merged.push({ ...last, data: { ...last.data, content: pieces.join('') } })
  }
  return merged
}

function isSameBlock(a: Chunk, b: Chunk): boolean {
  return a.type === b.type && a.data.id === b.data.id
}
