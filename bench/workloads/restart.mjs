import { join } from 'node:path'
import { defineTask, TaskManager } from '@outlast/core'
import { sqliteStore } from '@outlast/core/sqlite'
import Database from 'libsql'
import { z } from 'zod'
import { startTask } from '../contenders/start-task.mjs'
import { cpuMicros } from '../lib/measure-writing.mjs'
import { eventText, textScript } from '../lib/scripts.mjs'

const smallest = 10
const events = 100
/** Every tenth task was running when its process died. */
const runningEvery = 10

/** @param {boolean} quick */
const sizes = (quick) => [smallest, 100, 1_000, ...(quick ? [] : [10_000])]

/** @param {string} directory @param {number} tasks */
const fileOf = (directory, tasks) => join(directory, `restart-${tasks}.db`)

const write = defineTask({ type: 'write', input: z.number(), scope: () => null, run: () => null })

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'From restart to readable',
  about: `A process died and left a SQLite file of one user's tasks, ${events} events each, every ${runningEvery}th of them still running. A new process,
its code loaded, opens the file, makes a \`TaskManager\`, reads the whole log of a task that was running, and then the first
page of the list. The ratio is that of the whole, to a file with ${smallest} tasks.`,
  columns: [
    { title: 'ms to the log', of: 'msToLog', kind: 'number' },
    { title: 'ms to the list', of: 'msToList', kind: 'number' },
    { title: 'CPU ms', of: 'cpuMs', kind: 'number' },
  ],
  ratio: { title: `time × ${smallest} tasks`, of: 'msToList', goal: { most: 1.5 } },
  // One moment in the life of a process: it varies much, and takes little.
  rounds: (rounds) => rounds * 3,
  dies: true,
  async prepare(directory, quick) {
    for (const tasks of sizes(quick)) await fill(fileOf(directory, tasks), tasks)
  },
  cases: (quick) =>
    sizes(quick).map((tasks) => ({
      name: String(tasks),
      group: 'time until a reader gets an answer',
      title: `${tasks.toLocaleString('en')} tasks`,
      ...(tasks !== smallest && { against: String(smallest), hasGoal: true }),
      measure: (directory) => restart(fileOf(directory, tasks), tasks),
    })),
}

/**
 * Writes what a process leaves behind that died a minute ago.
 *
 * @param {string} file
 * @param {number} tasks
 */
async function fill(file, tasks) {
  const store = sqliteStore(new Database(file), { now: () => Date.now() - 60_000 })
  const texts = textScript(events).map((event, idx) => eventText(idx, event))
  const last = eventText(events, { type: 'task_complete', data: { status: 'succeeded' } })
  for (let number = 0; number < tasks; number++) {
    const { taskId, token } = await startTask(store, { id: taskIdOf(number) })
    const isRunning = number % runningEvery === 0
    const [outcome] = await store.append([
      {
        taskId,
        token,
        at: 0,
        events: isRunning ? texts : [...texts, last],
        ...(!isRunning && { final: { status: 'succeeded' } }),
      },
    ])
    if (outcome?.outcome !== 'ok') throw new Error(`The store answered ${outcome?.outcome}.`)
  }
}

/** @param {number} number */
const taskIdOf = (number) => `task-${number}`

/**
 * @param {string} file
 * @param {number} tasks How many the file holds.
 */
async function restart(file, tasks) {
  const beganCpu = cpuMicros()
  const began = performance.now()
  const manager = new TaskManager({ store: sqliteStore(new Database(file)), tasks: [write] })
  const page = await manager.read(taskIdOf(tasks / 2 - ((tasks / 2) % runningEvery)))
  const msToLog = performance.now() - began
  const list = await manager.list({ userId: 'u1' })
  const msToList = performance.now() - began
  const cpuMs = (cpuMicros() - beganCpu) / 1_000
  if (page?.events.length !== events || list.tasks.length !== Math.min(tasks, 50)) {
    throw new Error(`The log has ${page?.events.length} events, the list ${list.tasks.length} tasks.`)
  }
  return { msToLog, msToList, cpuMs }
}
