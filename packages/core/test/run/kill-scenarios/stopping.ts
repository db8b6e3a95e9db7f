import { TaskError } from '../../../src/index.ts'
import type { Scenario } from '../../support/kill-enumerator.ts'
import { type MortalProcess, unanswered } from '../../support/mortal-process.ts'
import type { Staging } from '../../support/staging.ts'
import { fired } from '../../support/test-manager.ts'

/** Has another process ask for the stop, and lets the time pass in which it is found and obeyed. */
async function stopFromElsewhere(staging: Staging): Promise<void> {
  const [task] = await staging.tasks()
  if (task === undefined) return
  await staging.cancel(staging.process('other'), task.id)
  await staging.pass(5_000, () => staging.allEnded())
}

const streams: Scenario['run'] = async ({ emit, flush, signal }, { gate }) => {
  emit('text_chunk', { content: 'kept' })
  await flush()
  await Promise.race([fired(signal), gate('go on')])
  emit('text_chunk', { content: 'late' })
  return 'too late'
}

const inTool: Scenario['run'] = async ({ tool }, { gate }) => {
  await tool({ id: 'a', name: 'wait' }, (signal) => Promise.race([fired(signal), gate('go on')]))
  await tool({ id: 'b', name: 'never' }, () => 1)
}

const twoTools: Scenario['run'] = async ({ tool }, { gate }) => {
  await tool({ id: 'a', name: 'wait' }, (signal) => Promise.race([fired(signal), gate('go on')]))
  await tool({ id: 'b', name: 'add' }, () => 3)
  return 'went on'
}

async function cancelFirst(staging: Staging): Promise<void> {
  const [task] = await staging.tasks()
  if (task !== undefined) await staging.cancel(staging.doomed, task.id)
}

/** Cancels the call `a` of the only task. There is none any more when the process that made it has died. */
async function cancelTool(staging: Staging, by: MortalProcess): Promise<void> {
  const [task] = await staging.tasks()
  if (task === undefined) return
  try {
    await by.ask('cancelTool', (manager) => manager.cancelTool(task.id, 'a', { actor: 'ann' }))
  } catch (error) {
    if (!TaskError.is(error, 'tool_not_found')) throw error
  }
}

/** Stops that somebody asks for. */
export const stoppingScenarios: readonly Scenario[] = [
  {
    name: 'a stop of a task that is starting',
    unharmed: ['canceled'],
    minPoints: 23,
    run: streams,
    async script(staging) {
      const task = await staging.create(staging.doomed, { input: null })
      if (task !== null) await staging.cancel(staging.doomed, task.id)
    },
  },
  {
    name: 'a stop while it streams',
    unharmed: ['canceled'],
    minPoints: 23,
    run: streams,
    async script(staging) {
      const task = await staging.create(staging.doomed, { input: null })
      await staging.settle()
      if (task !== null) await staging.cancel(staging.doomed, task.id)
    },
  },
  {
    name: 'a stop in a tool',
    unharmed: ['canceled'],
    minPoints: 27,
    run: inTool,
    async script(staging) {
      const task = await staging.create(staging.doomed, { input: null })
      await staging.settle()
      if (task !== null) await staging.cancel(staging.doomed, task.id)
    },
  },
  {
    name: 'a stop in a tool that ignores its signal, in a run that does',
    unharmed: ['canceled'],
    minPoints: 32,
    async run({ tool }, { gate }) {
      await tool({ id: 'a', name: 'stubborn' }, () => gate('go on'))
      await gate('go on')
    },
    async script(staging) {
      const task = await staging.create(staging.doomed, { input: null })
      await staging.settle()
      if (task !== null) await staging.cancel(staging.doomed, task.id)
      await staging.pass(4_000, () => staging.allEnded())
    },
  },
  {
    name: 'a stop between the return of the run and its end',
    unharmed: ['canceled'],
    minPoints: 19,
    async run({ emit, taskId }, { staging }) {
      emit('text_chunk', { content: 'all of it' })
      void staging.cancel(staging.doomed, taskId)
      return 'just too late'
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
    },
  },
  {
    name: 'a stop of a queued task',
    unharmed: ['succeeded', 'canceled', 'succeeded'],
    minPoints: 44,
    definition: { onConflict: 'queue' },
    async run({ input }, { gate }) {
      await gate('go on')
      return input
    },
    async script(staging) {
      const tasks = []
      for (const input of [1, 2, 3]) tasks.push(await staging.create(staging.doomed, { input }))
      if (tasks[1]) await staging.cancel(staging.doomed, tasks[1].id)
      staging.open('go on')
      await staging.settle()
    },
  },
  {
    name: 'a stop of a task that waits for a place in its process',
    unharmed: ['succeeded', 'canceled'],
    minPoints: 30,
    passes: ['before withdraw', 'before store.acquireLease to finish'],
    manager: { concurrency: 1 },
    async run({ input }, { gate }) {
      await gate('go on')
      return input
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: 1 })
      await staging.settle()
      const second = await staging.create(staging.doomed, { userId: 'ben', input: 2 })
      if (second) await staging.cancel(staging.doomed, second.id)
      staging.open('go on')
      await staging.settle()
    },
  },
  {
    name: 'the end of the last connection of a user whose task needs one',
    unharmed: ['canceled'],
    minPoints: 58,
    definition: { lifetime: 'connection' },
    run: streams,
    async script(staging) {
      const close = staging.doomed.manager.openConnection('ann')
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      close()
      await staging.pass(12_000, () => staging.allEnded())
    },
  },
  {
    name: 'a stop through another process while it streams',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 23,
    run: streams,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await stopFromElsewhere(staging)
    },
  },
  {
    name: 'a stop through another process in a tool',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 27,
    run: inTool,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await stopFromElsewhere(staging)
    },
  },
  {
    name: 'a stop through another process before the next tool',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 25,
    passes: ['before store.append tool_start'],
    async run({ tool, taskId }, { staging }) {
      await tool({ id: 'a', name: 'in time' }, () => 1)
      await staging.cancel(staging.process('other'), taskId)
      await tool({ id: 'b', name: 'too late' }, () => 2)
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.pass(4_000, () => staging.allEnded())
    },
  },
  {
    name: 'a stop through another process while the run is at its end',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 19,
    async run({ emit, flush, taskId }, { staging }) {
      emit('text_chunk', { content: 'all of it' })
      await flush()
      await staging.cancel(staging.process('other'), taskId)
      return 'just too late'
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.pass(4_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process that asks for a stop, where another one runs the task',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 5,
    run: streams,
    async script(staging) {
      const task = await staging.create(staging.process('worker'), { input: null })
      await staging.settle()
      if (task !== null) await staging.cancel(staging.doomed, task.id)
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process that asks for a stop and ends the task, which nobody owns',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 11,
    run: streams,
    async script(staging) {
      const front = staging.process('front')
      front.life.endAt('before dispatch')
      await staging.create(front, { input: null })
      await staging.settle()
      await cancelFirst(staging)
    },
  },
  {
    name: 'the process that asks for a stop of a task whose owner has died',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 32,
    run: inTool,
    async script(staging) {
      const owner = staging.process('owner')
      await staging.create(owner, { input: null })
      await staging.settle()
      owner.life.end()
      await cancelFirst(staging)
      await staging.pass(15_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process that stops all tasks of a user',
    unharmed: ['canceled', 'canceled'],
    hasOthers: true,
    minPoints: 10,
    run: streams,
    async script(staging) {
      for (const workspaceId of ['w1', 'w2'])
        await staging.create(staging.process('worker'), { workspaceId, input: null })
      await staging.settle()
      const count = await staging.doomed.ask('cancelUser', (manager) =>
        manager.cancelUser('ann', { actor: 'ann' }),
      )
      if (count !== unanswered) for (const { id } of await staging.tasks()) staging.facts.stopped.add(id)
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a stop of one tool call',
    unharmed: ['succeeded'],
    minPoints: 35,
    run: twoTools,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await cancelTool(staging, staging.doomed)
    },
  },
  {
    name: 'the process that asks for a stop of one tool call',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 7,
    run: twoTools,
    async script(staging) {
      await staging.create(staging.process('worker'), { input: null })
      await staging.settle()
      await cancelTool(staging, staging.doomed)
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
]
