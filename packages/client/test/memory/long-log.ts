import type { EventPage, TaskEvent } from '@outlast/core/protocol'
import { makeTask } from '../support/fake-server.ts'

/** A log too long to be kept: each of its pages is made when it is read. */
export interface LongLog {
  name: string
  /** The event of an idx; the log has no end. */
  at(idx: number): Pick<TaskEvent, 'type' | 'data'>
}

/** One answer that never ends. */
const longText: LongLog = {
  name: 'one long text',
  at: (idx) => ({ type: 'text_chunk', data: { content: `word${idx % 1_000} ` } }),
}

/** Rounds of 500 events: some thought, a tool with interim results, and a paragraph. */
const agentRun: LongLog = {
  name: 'an agent run',
  at(idx) {
    const step = idx % 500
    const id = `tool-${Math.floor(idx / 500)}`
    if (step < 50) return { type: 'thinking_chunk', data: { content: `thought${step} ` } }
    if (step === 50) return { type: 'thinking_end', data: {} }
    if (step === 51) return { type: 'tool_intent', data: { id, name: 'search', intent: `Look for ${id}` } }
    if (step === 52) return { type: 'tool_start', data: { id, name: 'search', arguments: { query: id } } }
    if (step < 100)
      return {
        type: 'update_action',
        data: { id, status: 'running', result: `${step} hits`, progress: step / 100 },
      }
    if (step === 100) return { type: 'update_action', data: { id, status: 'completed', result: 'enough' } }
    if (step === 101) return { type: 'progress', data: { done: idx, total: null } }
    if (step === 499) return { type: 'text_end', data: {} }
    return { type: 'text_chunk', data: { content: `word${step} ` } }
  },
}

export const longLogs: readonly LongLog[] = [longText, agentRun]

/** A page of so many events from an idx on. */
export function pageOf({ at }: LongLog, from: number, count: number): EventPage {
  const events = Array.from({ length: count }, (_, offset) => ({
    idx: from + offset,
    ts: 1,
    ...at(from + offset),
  }))
  return {
    ...makeTask(),
    events,
    next_offset: from + count,
    first_idx: 0,
    epoch: 'e1',
    up_to_date: true,
    truncated: false,
    poll_interval_ms: 150,
    viewer: 'v1',
    snapshot: null,
  }
}
