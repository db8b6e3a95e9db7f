import { TaskError } from '../../../src/index.ts'
import type { Scenario } from '../../support/kill-enumerator.ts'
import { fired } from '../../support/test-manager.ts'

const untilOpen: Scenario['run'] = async ({ emit, flush, input, signal }, { gate }) => {
  emit('text_chunk', { content: `task ${input}` })
  await flush()
  await Promise.race([fired(signal), gate('go on')])
  return input
}

const moreThanOne: NonNullable<Scenario['problem']> = (pages) =>
  pages.length > 1 ? `there are ${pages.length} tasks` : null

const sameKey = { input: 'once', idempotencyKey: 'key' }

/** Creates that meet a taken scope, or their own repeat. */
export const queueingScenarios: readonly Scenario[] = [
  {
    name: 'tasks that are queued behind one another',
    unharmed: ['succeeded', 'succeeded', 'succeeded'],
    minPoints: 56,
    definition: { onConflict: 'queue' },
    run: untilOpen,
    async script(staging) {
      for (const input of [1, 2, 3]) await staging.create(staging.doomed, { input })
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a task that another process queues behind it',
    unharmed: ['succeeded', 'succeeded'],
    hasOthers: true,
    minPoints: 34,
    definition: { onConflict: 'queue' },
    run: untilOpen,
    async script(staging) {
      await staging.create(staging.doomed, { input: 1 })
      await staging.settle()
      await staging.create(staging.process('other'), { input: 2 })
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a task that replaces what runs and what is queued',
    unharmed: ['canceled', 'canceled', 'succeeded'],
    minPoints: 63,
    definition: { onConflict: 'replace' },
    run: untilOpen,
    async script(staging) {
      for (const input of [1, 2, 3]) {
        await staging.create(staging.doomed, { input })
        await staging.settle()
      }
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process whose create replaces what another one runs',
    unharmed: ['canceled', 'succeeded'],
    hasOthers: true,
    minPoints: 5,
    definition: { onConflict: 'replace' },
    run: untilOpen,
    async script(staging) {
      await staging.create(staging.process('worker'), { input: 1 })
      await staging.settle()
      await staging.create(staging.doomed, { input: 2 })
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a task that another process replaces',
    unharmed: ['canceled', 'succeeded'],
    hasOthers: true,
    minPoints: 44,
    definition: { onConflict: 'replace' },
    run: untilOpen,
    async script(staging) {
      await staging.create(staging.doomed, { input: 1 })
      await staging.settle()
      await staging.create(staging.process('other'), { input: 2 })
      await staging.pass(3_000)
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a create that is attached',
    unharmed: ['succeeded'],
    minPoints: 20,
    definition: { onConflict: 'attach' },
    run: untilOpen,
    async script(staging) {
      await staging.create(staging.doomed, { input: 1 })
      await staging.create(staging.doomed, { input: 2 })
      staging.open('go on')
      await staging.settle()
    },
    problem: moreThanOne,
  },
  {
    name: 'a create that is refused',
    unharmed: ['succeeded'],
    minPoints: 19,
    run: untilOpen,
    async script(staging) {
      await staging.create(staging.doomed, { input: 1 })
      await staging.create(staging.doomed, { input: 2 }).catch((error: unknown) => {
        if (!TaskError.is(error, 'task_already_running')) throw error
      })
      staging.open('go on')
      await staging.settle()
    },
    problem: moreThanOne,
  },
  {
    name: 'a create whose client repeats it elsewhere',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 17,
    run: untilOpen,
    async script(staging) {
      const first = await staging.create(staging.doomed, sameKey)
      const second = await staging.create(staging.process('other'), sameKey)
      if (first !== null && first.id !== second?.id) throw new Error('the repeat has made another task')
      staging.open('go on')
      await staging.settle()
    },
    problem: moreThanOne,
  },
]
