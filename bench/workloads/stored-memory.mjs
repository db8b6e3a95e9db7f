import { memoryStore } from '@outlast/core'
import { bareArena } from '../contenders/bare-arena.mjs'
import { outlastManager } from '../contenders/outlast-manager.mjs'
import { outlastStore } from '../contenders/outlast-store.mjs'
import { usedBytes } from '../lib/memory.mjs'
import { textScript } from '../lib/scripts.mjs'

const tasks = 100
/** Two fewer than the cap: the manager adds the block's end and the task's. */
const events = 998
const batch = 100

const contenders = [
  { name: 'limit', title: 'byte arena (limit)', open: bareArena },
  { name: 'store', title: 'Outlast, the store alone', open: () => outlastStore(memoryStore()) },
  { name: 'finished', title: 'Outlast, finished tasks', open: () => outlastManager() },
  { name: 'running', title: 'Outlast, running tasks', open: () => outlastManager({ stayRunning: true }) },
]

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Memory per stored event',
  about: `V8's heap and what lies beside it, after collecting garbage: the growth by ${tasks} tasks of 1,000 events, divided by the
events kept. Tasks, snapshots and, of running tasks, the fold's state are counted in.`,
  columns: [{ title: 'bytes / event', of: 'bytesPerEvent', kind: 'number' }],
  ratio: { title: '× limit', of: 'bytesPerEvent', goal: { most: 1.1 } },
  // Bytes vary less than times.
  rounds: (rounds) => Math.min(rounds, 3),
  cases: () =>
    contenders.map(({ name, title, open }) => ({
      name,
      group: `${tasks} tasks × 1,000 events`,
      title,
      ...(name !== 'limit' && { against: 'limit', hasGoal: true }),
      measure: async () => {
        const contender = open()
        const script = textScript(events)
        // Code that is compiled or loaded on first use is no part of an event.
        await (await contender.prepare({ scripts: [script, script], batch }))()
        const scripts = Array.from({ length: tasks }, () => script)
        const before = await usedBytes()
        const kept = await writeAll(contender, { scripts, batch })
        const bytesPerEvent = ((await usedBytes()) - before) / kept
        await contender.close()
        return { bytesPerEvent }
      },
    })),
}

/**
 * In a function of its own, so that nothing made for the writing is still referred to when memory is measured.
 *
 * @param {import('../contenders/contender.mjs').Contender} contender
 * @param {import('../contenders/contender.mjs').Writing} writing
 */
async function writeAll(contender, writing) {
  const write = await contender.prepare(writing)
  return write()
}
