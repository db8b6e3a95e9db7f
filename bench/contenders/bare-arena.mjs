import { eventText } from '../lib/scripts.mjs'
import { ByteArena } from './byte-arena.mjs'

/** Events that a log keeps: the default of Outlast. */
const cap = 1_000

/** The limit in memory: each event is serialised once, into a byte arena, and wakes one reader. @returns {import('./contender.mjs').Contender} */
export function bareArena() {
  /** Kept, as a store keeps its tasks. @type {ByteArena[]} */
  const logs = []
  let wakes = 0
  return {
    prepare:
      ({ scripts, batch }) =>
      async () => {
        const tasks = scripts.map((script) => ({ script, log: new ByteArena(cap) }))
        for (const { log } of tasks) {
          logs.push(log)
          log.waiting.add(() => wakes++)
        }
        const length = scripts[0]?.length ?? 0
        for (let from = 0; from < length; from += batch) {
          for (const { script, log } of tasks) {
            const end = Math.min(from + batch, length)
            for (let position = from; position < end; position++) {
              const event = script[position]
              if (event !== undefined) log.append(eventText(log.next, event))
            }
          }
          // As everyone else, it is awaited once per batch.
          await undefined
        }
        return tasks.reduce((sum, { log }) => sum + log.size, 0)
      },
    close() {
      logs.length = 0
    },
  }
}
