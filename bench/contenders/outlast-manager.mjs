import { defineTask, TaskManager } from '@outlast/core'
import { z } from 'zod'

/**
 * Outlast as an application uses it: runners emit, and flush after each batch.
 *
 * @param {object} [options]
 * @param {import('@outlast/core').TaskStore} [options.store] Default: memory.
 * @param {boolean} [options.watched] Whether each task has a reader who waits for news, as a long-poll does.
 * @param {boolean} [options.stayRunning] Whether runners go on when they have written everything.
 * @returns {import('./contender.mjs').Contender}
 */
export function outlastManager({ store, watched = false, stayRunning = false } = {}) {
  /** @type {unknown[]} */
  const failures = []
  /** What is to be written, by the number that the task's input carries. @type {Map<number, Job>} */
  const jobs = new Map()
  let lastJob = 0

  const write = defineTask({
    type: 'write',
    input: z.number(),
    scope: () => null,
    async run({ input, emit, flush, signal }) {
      const job = jobs.get(input)
      if (job === undefined) throw new Error(`There is no job ${input}.`)
      const { script, batch, onWritten } = job
      const emitAny = /** @type {(type: string, data: unknown) => boolean} */ (emit)
      try {
        for (let position = 0; position < script.length; ) {
          const end = Math.min(position + batch, script.length)
          for (; position < end; position++) {
            const event = script[position]
            if (event !== undefined) emitAny(event.type, event.data)
          }
          await flush()
        }
      } finally {
        jobs.delete(input)
        onWritten()
      }
      if (stayRunning) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const manager = new TaskManager({
    tasks: [write],
    ...(store && { store }),
    concurrency: 1_000,
    onError: (error) => failures.push(error),
  })

  /**
   * @param {import('../lib/scripts.mjs').Script} script
   * @param {number} batch
   * @returns {Promise<number>} Events kept.
   */
  async function runTask(script, batch) {
    const number = ++lastJob
    const written = new Promise((resolve) => {
      jobs.set(number, { script, batch, onWritten: () => resolve(undefined) })
    })
    const handle = await manager.create({ userId: 'u1', input: number })
    if (watched) keepWaiting(manager, handle.id).catch((error) => failures.push(error))
    await written
    // Only now: from here on it looks at the task after every commit.
    if (!stayRunning) await handle.finished()
    const task = await manager.get(handle.id)
    if (failures.length > 0) throw failures[0]
    if (task === null || task.nextIdx < script.length || task.error !== null) {
      throw new Error(`The log has ${task?.nextIdx} events of ${script.length}: ${task?.error}.`)
    }
    return task.nextIdx - task.firstIdx
  }

  return {
    prepare:
      ({ scripts, batch }) =>
      async () => {
        const kept = await Promise.all(scripts.map((script) => runTask(script, batch)))
        return kept.reduce((sum, count) => sum + count, 0)
      },
    close: () => manager.close({ drainMs: 0 }),
  }
}

/** @typedef {{ script: import('../lib/scripts.mjs').Script, batch: number, onWritten: () => void }} Job */

/**
 * A reader who is woken by every commit and waits again, without reading the page.
 *
 * @param {TaskManager} manager
 * @param {string} taskId
 */
async function keepWaiting(manager, taskId) {
  let task = await manager.get(taskId)
  while (task !== null && task.finishedAt === null) {
    await manager.waitForChange(taskId, { revision: task.revision, waitMs: 60_000 })
    task = await manager.get(taskId)
  }
}
