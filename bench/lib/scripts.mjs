/**
 * @typedef {{ type: string, data: Record<string, unknown> }} ScriptEvent What a runner emits; it has no number yet.
 * @typedef {readonly ScriptEvent[]} Script The events of one task.
 */

/** About a token each; one is not ASCII and one is escaped in JSON, as in real text. */
const words = ['tasks ', 'that ', 'outlast ', 'the ', 'page, ', 'a ', 'café ', '"quoted" ', 'and ', 'line\n']

/** @param {number} position */
const word = (position) => words[position % words.length] ?? ''

/**
 * One long answer.
 *
 * @param {number} events How many, the one that opens the block included.
 * @returns {ScriptEvent[]}
 */
export function textScript(events) {
  return Array.from({ length: events }, (_, position) =>
    position === 0
      ? { type: 'text_start', data: { id: 'b1' } }
      : { type: 'text_chunk', data: { id: 'b1', content: word(position) } },
  )
}

/** Events of one turn of {@link agentScript}. */
export const eventsPerTurn = 50

/**
 * An agent at work: it thinks, says something, calls a tool, and again.
 *
 * @param {number} turns Of {@link eventsPerTurn} events each.
 * @returns {ScriptEvent[]}
 */
export function agentScript(turns) {
  return Array.from({ length: turns }, (_, turn) => [
    ...streamed('thinking', `h${turn}`, 17),
    ...streamed('text', `b${turn}`, 22),
    ...toolCall(`t${turn}`),
  ]).flat()
}

/**
 * @param {'text' | 'thinking'} kind
 * @param {string} id
 * @param {number} chunks
 * @returns {ScriptEvent[]}
 */
function streamed(kind, id, chunks) {
  const middle = Array.from({ length: chunks }, (_, position) => ({
    type: `${kind}_chunk`,
    data: { id, content: word(position) },
  }))
  return [{ type: `${kind}_start`, data: { id } }, ...middle, { type: `${kind}_end`, data: { id } }]
}

/**
 * @param {string} id
 * @returns {ScriptEvent[]}
 */
function toolCall(id) {
  const name = 'search'
  const parts = ['{"query":', '"long tasks",', '"limit":3', '}']
  const preparing = { type: 'tool_preparing', data: { id, name } }
  return [
    preparing,
    ...parts.map((part) => ({ type: 'tool_preparing', data: { id, name, arguments_delta: part } })),
    { type: 'tool_start', data: { id, name, arguments: { query: 'long tasks', limit: 3 } } },
    {
      type: 'update_action',
      data: { id, status: 'completed', result: { hits: 3, titles: ['one', 'two', 'three'] } },
    },
  ]
}

/**
 * An event as it is stored and sent: the same text for every contender.
 *
 * @param {number} idx
 * @param {ScriptEvent} event
 */
export function eventText(idx, { type, data }) {
  return JSON.stringify({ idx, type, data, ts: Date.now() / 1_000 })
}
