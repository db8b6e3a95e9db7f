import { initialBlocks, reduceEvents } from '../../../src/blocks/index.ts'
import type { Scenario } from '../../support/kill-enumerator.ts'
import { eventsIn } from '../../support/kill-invariants.ts'
import type { Staging } from '../../support/staging.ts'
import { fired } from '../../support/test-manager.ts'

const retry = { onInterrupted: 'retry' } as const

const inSteps: Scenario['run'] = async (
  { emit, lastCheckpoint, checkpoint, flush, tool, signal },
  { gate },
) => {
  const done = (lastCheckpoint as number | null) ?? 0
  for (let step = done + 1; step <= 3; step++) {
    // The last checkpoint has nothing to close.
    if (step < 3) emit('text_chunk', { content: `step ${step}.` })
    if (step === 2) {
      await flush()
      await tool({ id: `t${step}`, name: 'work' }, () => step)
    }
    await checkpoint(step)
  }
  await Promise.race([fired(signal), gate('go on')])
  return 'all steps'
}

const inTool: Scenario['run'] = async ({ emit, tool }, { gate }) => {
  emit('text_chunk', { content: 'partial' })
  await tool({ id: 'a', name: 'wait' }, (signal) => Promise.race([fired(signal), gate('go on')]))
  return 'done'
}

const unlessAllSteps: NonNullable<Scenario['problem']> = (pages) => {
  for (const page of pages) {
    const { blocks } = reduceEvents(initialBlocks, eventsIn(page))
    const text = blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
    if (page.task.status !== 'succeeded' || text !== 'step 1.step 2.') return `it shows "${text}"`
  }
  return null
}

/** A task of a process that dies at a point, so that there is something to take over. */
async function leaveTask(staging: Staging, point: string): Promise<void> {
  const owner = staging.process('owner')
  owner.life.endAt(point)
  await staging.create(owner, { input: null })
  await staging.settle()
}

function close(staging: Staging, drainMs: number): Promise<unknown> {
  return Promise.race([
    staging.doomed.ask('close', (manager) => manager.close({ drainMs })),
    staging.pass(20_000, () => staging.allEnded()).then(() => staging.pass(5_000)),
  ])
}

/** Deaths, takeovers and shutdowns. */
export const recoveringScenarios: readonly Scenario[] = [
  {
    name: 'a task in steps that may be tried again',
    unharmed: ['succeeded'],
    minPoints: 44,
    definition: retry,
    run: inSteps,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
    },
    problem: unlessAllSteps,
  },
  {
    name: 'the process that ends what a dead one has left',
    unharmed: ['failed'],
    hasOthers: true,
    minPoints: 28,
    passes: ['before store.acquireLease to finish'],
    run: inTool,
    async script(staging) {
      await leaveTask(staging, 'the tool begins')
      await staging.pass(15_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process that goes on with what a dead one has left',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 36,
    definition: retry,
    problem: unlessAllSteps,
    run: inSteps,
    async script(staging) {
      await leaveTask(staging, 'the tool is over')
      staging.open('go on')
      await staging.pass(15_000, () => staging.allEnded())
    },
  },
  {
    name: 'the last attempt that a task has',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 36,
    definition: { ...retry, maxAttempts: 2 },
    run: inSteps,
    async script(staging) {
      await leaveTask(staging, 'the tool is over')
      staging.open('go on')
      await staging.pass(15_000, () => staging.allEnded())
    },
  },
  {
    name: 'the process that takes up a task which was created and never dispatched',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 44,
    run: inSteps,
    async script(staging) {
      const front = staging.process('front')
      front.life.endAt('before dispatch')
      await staging.create(front, { input: null })
      staging.open('go on')
      await staging.pass(5_000, () => staging.allEnded())
    },
  },
  {
    name: 'a shutdown that waits for a task to end',
    unharmed: ['succeeded'],
    minPoints: 28,
    run: inTool,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      const closing = close(staging, 5_000)
      staging.open('go on')
      await closing
    },
  },
  {
    name: 'a shutdown that stops a task',
    unharmed: ['canceled'],
    minPoints: 31,
    run: inTool,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await close(staging, 500)
    },
  },
  {
    name: 'a shutdown that gives a task back, and another one that waits',
    unharmed: ['succeeded', 'succeeded'],
    minPoints: 50,
    passes: ['before store.releaseLease'],
    definition: retry,
    problem: unlessAllSteps,
    manager: { concurrency: 1 },
    run: inSteps,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.create(staging.doomed, { userId: 'ben', input: null })
      await staging.settle()
      const closing = close(staging, 500)
      staging.process('survivor')
      await closing
    },
  },
  {
    name: 'the removal of finished tasks',
    unharmed: ['succeeded', 'succeeded'],
    removes: true,
    hasOthers: true,
    minPoints: 7,
    passes: ['before store.deleteFinished'],
    manager: { retention: { keepPerUser: 1, everyMs: 3_000 } },
    async run({ input }, { gate }) {
      if (input === 'slow') await gate('go on')
      return input
    },
    async script(staging) {
      for (const input of ['slow', 'a', 'b', 'c'])
        await staging.create(staging.process('worker'), { workspaceId: input, input })
      await staging.pass(3_000)
      const [oldest] = await staging.tasks()
      if (oldest?.status !== 'running') throw new Error('the task that has not ended is gone')
    },
  },
]
