import { eventText } from '../lib/scripts.mjs'
import { startTask } from './start-task.mjs'

/**
 * A store of Outlast alone: all tasks' batches go into it in one call.
 *
 * @param {import('@outlast/core').TaskStore} store
 * @returns {import('./contender.mjs').Contender}
 */
export function outlastStore(store) {
  return {
    async prepare({ scripts, batch }) {
      const tasks = await Promise.all(
        scripts.map(async (script) => ({
          ...(await startTask(store)),
          texts: script.map((event, idx) => eventText(idx, event)),
        })),
      )
      const length = scripts[0]?.length ?? 0
      return async () => {
        for (let at = 0; at < length; at += batch) {
          const outcomes = await store.append(
            tasks.map(({ taskId, token, texts }) => ({
              taskId,
              token,
              at,
              events: texts.slice(at, at + batch),
            })),
          )
          const refused = outcomes.find(({ outcome }) => outcome !== 'ok')
          if (refused !== undefined) throw new Error(`The store answered ${refused.outcome}.`)
        }
        return tasks.length * length
      }
    },
    close: () => store.close(),
  }
}
