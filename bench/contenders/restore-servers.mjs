import { restoreTaskState, TaskClient } from '@outlast/client'
import { initialBlocks, reduceEvents } from '@outlast/client/blocks'
import { defineTask, TaskManager } from '@outlast/core'
import { z } from 'zod'
import { basePath, mounts, sameBytes } from './read-servers.mjs'

/**
 * @typedef {import('../lib/scripts.mjs').Script} Script
 * @typedef {readonly { type: string, content?: string }[]} Blocks
 * @typedef {object} Restorable
 * @property {() => Promise<Blocks>} restore What a page that was just opened does until it has the blocks.
 * @property {() => Promise<void>} [moveOn] Has the task write some more, which shows in no block.
 */

/**
 * Outlast: `restoreTaskState` asks a task that still runs for its state.
 *
 * @param {Script} script
 * @returns {Promise<Restorable>}
 */
export async function outlastRestore(script) {
  const { id, baseUrl } = await writtenTask(script, {})
  return { restore: () => restoreTask(id, baseUrl) }
}

/**
 * @param {string} taskId
 * @param {string} baseUrl
 * @returns {Promise<Blocks>}
 */
async function restoreTask(taskId, baseUrl) {
  const restored = await restoreTaskState({ client: new TaskClient({ baseUrl }), taskId })
  if (!restored.found) throw new Error(restored.reason)
  return restored.observer.getSnapshot().blocks
}

/**
 * The same of a task that has gone on since the last page was opened, so far that its state is written out anew.
 *
 * @param {Script} script
 * @returns {Promise<Restorable>}
 */
export async function outlastRestoreAnew(script) {
  const { id, baseUrl, moveOn } = await writtenTask(script, {})
  return { restore: () => restoreTask(id, baseUrl), moveOn }
}

/**
 * What is left to do where the whole log is kept: read all of it and fold it.
 *
 * @param {Script} script
 * @returns {Promise<Restorable>}
 */
export async function replay(script) {
  const limits = { maxEvents: script.length + 1, maxBytes: 1_000 * script.length }
  const { id, baseUrl } = await writtenTask(script, { limits, fold: null })
  return {
    async restore() {
      const client = new TaskClient({ baseUrl })
      let state = initialBlocks
      for (let isWhole = false; !isWhole; ) {
        const page = await client.read(id, { from: state.next })
        state = reduceEvents(state, page.events)
        isWhole = page.up_to_date
      }
      return state.blocks
    },
  }
}

/**
 * The limit: a server that has the folded state as bytes, and a page that parses them. It gets them from a task of its own,
 * so that its heap has been through the same.
 *
 * @param {Script} script
 * @returns {Promise<Restorable>}
 */
export async function bareState(script) {
  const task = await outlastRestore(script)
  const body = JSON.stringify({ success: true, data: { blocks: await task.restore() } })
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  const server = await sameBytes.node?.({ status: 200, headers, body })
  const url = `${originOf(server)}${basePath}/task`
  return { restore: async () => (await (await fetch(url)).json()).data.blocks }
}

/**
 * A task that has written its events and still runs, behind a server.
 *
 * @param {Script} script
 * @param {Partial<import('@outlast/core').TaskManagerOptions>} options
 */
async function writtenTask(script, options) {
  /** @type {() => void} */
  let onWritten = () => {}
  const written = new Promise((resolve) => {
    onWritten = () => resolve(undefined)
  })
  /** @type {() => Promise<void>} */
  let moveOn = async () => {}
  const write = defineTask({
    type: 'write',
    input: z.null(),
    async run({ emit, flush, signal }) {
      const emitAny = /** @type {(type: string, data: unknown) => boolean} */ (emit)
      for (const { type, data } of script) if (!emitAny(type, data)) await flush()
      await flush()
      moveOn = () => {
        for (let done = 0; done < 1_000; done++) emitAny('progress', { done, total: 1_000 })
        return flush()
      }
      onWritten()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const manager = new TaskManager({ ...options, tasks: [write] })
  const { id } = await manager.create({ userId: 'u1', input: null })
  await written
  const server = await mounts.node?.(manager)
  return { id, baseUrl: `${originOf(server)}${basePath}`, moveOn }
}

/** @param {import('node:http').Server | undefined} server */
function originOf(server) {
  const address = server?.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.')
  return `http://127.0.0.1:${address.port}`
}
