import { BlockFolder, initialBlocks, reduceEvents } from '@outlast/client/blocks'

/**
 * @typedef {{ idx: number, type: string, data: Record<string, unknown>, ts: number }} LogEvent
 * @typedef {{ type: string, content?: string }} FoldedBlock
 * @typedef {(events: readonly LogEvent[], batch: number) => readonly FoldedBlock[]} FoldLog
 */

/** Outlast: one new state for each batch. @type {FoldLog} */
export const reduceLog = (events, batch) => {
  let state = initialBlocks
  for (let from = 0; from < events.length; from += batch) {
    state = reduceEvents(state, batch < events.length ? events.slice(from, from + batch) : events)
  }
  return state.blocks
}

/** Outlast: one folder, which makes a state when one is asked for: in the end. @type {FoldLog} */
export const folderLog = (events, batch) => {
  const folder = new BlockFolder()
  let calls = 0
  const listener = () => {
    calls++
  }
  for (let from = 0; from < events.length; from += batch) {
    folder.apply(events.slice(from, from + batch))
    listener()
  }
  if (calls !== Math.ceil(events.length / batch))
    throw new Error(`${calls} calls for ${events.length} events.`)
  return folder.state.blocks
}

/**
 * The limit of a fold that tells a screen of every change: it knows the events of these logs and no others, trusts them,
 * replaces the one block that an event is about, and calls that block's listener. The list is written in place.
 *
 * @type {FoldLog}
 */
export const notifyingFold = (events) => {
  /** @type {Record<string, any>[]} */
  const blocks = []
  /** @type {Map<unknown, number>} */
  const positions = new Map()
  let calls = 0
  const listener = () => {
    calls++
  }
  /** @param {number} position @param {Record<string, unknown>} block */
  const put = (position, block) => {
    blocks[position] = block
    listener()
  }
  for (const { type, data } of events) {
    const { id } = data
    const position = positions.get(id) ?? blocks.length
    const block = blocks[position]
    if (block === undefined) positions.set(id, position)
    switch (type) {
      case 'text_start':
        put(position, { type: 'text', id, content: '', open: true })
        break
      case 'thinking_start':
        put(position, { type: 'thinking', id, content: '', open: true })
        break
      case 'text_chunk':
      case 'thinking_chunk':
        put(position, { ...block, content: block?.content + data.content })
        break
      case 'text_end':
      case 'thinking_end':
        put(position, { ...block, open: false })
        break
      case 'tool_preparing':
        if (block) put(position, { ...block, argumentsText: block.argumentsText + data.arguments_delta })
        else put(position, { type: 'tool', id, name: data.name, status: 'preparing', argumentsText: '' })
        break
      case 'tool_start':
        put(position, { ...block, status: 'running', arguments: data.arguments })
        break
      case 'update_action':
        put(position, { ...block, status: data.status, result: data.result })
        break
      default:
        throw new Error(`No script has ${type}.`)
    }
  }
  if (calls !== events.length) throw new Error(`${calls} calls for ${events.length} events.`)
  return /** @type {FoldedBlock[]} */ (blocks)
}

/**
 * A fold that reads logs instead of writing them. What a screen shows of a text it has to read, which is part of the fold:
 * engines put off joining its pieces until then.
 *
 * @param {FoldLog} fold
 * @returns {import('./contender.mjs').Contender}
 */
export function foldContender(fold) {
  /** @type {WeakMap<import('../lib/scripts.mjs').Script, LogEvent[]>} */
  const logs = new WeakMap()
  /** @param {import('../lib/scripts.mjs').Script} script */
  const logOf = (script) => {
    const log =
      logs.get(script) ?? script.map(({ type, data }, idx) => ({ idx, type, data, ts: idx / 1_000 }))
    logs.set(script, log)
    return log
  }
  return {
    prepare({ scripts, batch }) {
      const tasks = scripts.map((script) => ({ log: logOf(script), length: contentLength(script) }))
      return async () => {
        let count = 0
        for (const { log, length } of tasks) {
          let shown = 0
          for (const { content = '' } of fold(log, batch)) {
            content.charCodeAt(0)
            shown += content.length
          }
          if (shown !== length) throw new Error(`The text has ${shown} characters of ${length}.`)
          count += log.length
        }
        return count
      }
    },
    close() {},
  }
}

/** @param {import('../lib/scripts.mjs').Script} script */
function contentLength(script) {
  return script.reduce((sum, { data }) => sum + String(data.content ?? '').length, 0)
}
