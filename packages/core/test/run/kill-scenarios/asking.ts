import * as z from 'zod'
import { TaskError } from '../../../src/index.ts'
import type { Scenario } from '../../support/kill-enumerator.ts'
import { type MortalProcess, unanswered } from '../../support/mortal-process.ts'
import type { Staging } from '../../support/staging.ts'

type Problem = NonNullable<Scenario['problem']>

const asks: Scenario['run'] = async ({ emit, waitForInput, checkpoint }, { staging }) => {
  emit('text_chunk', { content: 'a question' })
  await checkpoint(1)
  const answer = await waitForInput({
    id: 'q',
    prompt: 'Which?',
    schema: z.string(),
    // One that is asked when the script is over has nobody to answer it.
    ...(staging.isOver && { expiresAt: staging.clock.now() }),
  })
  emit('text_chunk', { content: 'an answer' })
  return answer
}

const retry = { onInterrupted: 'retry' } as const

/**
 * Answers the question of the first task, with a value that tells through whom.
 *
 * @returns whether that was acknowledged, or there is no task at all
 */
async function answerThrough(staging: Staging, by: MortalProcess): Promise<boolean> {
  const [task] = await staging.tasks()
  if (task === undefined) return true
  try {
    const answer = await by.ask('answerInput', (manager) =>
      manager.answerInput(task.id, { id: 'q', value: by.name, actor: 'ann' }),
    )
    if (answer === unanswered) return false
    staging.facts.answered.add(task.id)
    return true
  } catch (error) {
    if (!TaskError.is(error, 'input_not_found') && !TaskError.is(error, 'input_closed')) throw error
    return false
  }
}

/** Whoever runs the task in the end is handed the answer that was acknowledged. */
const unlessAnswered =
  (...by: readonly string[]): Problem =>
  (pages, facts) => {
    const answers = by.map((value) => JSON.stringify({ outcome: 'answered', value }))
    const isLost = pages.some(
      ({ task }) => facts.answered.has(task.id) && !answers.includes(task.result ?? ''),
    )
    return isLost ? 'the answer is lost' : null
  }

/** Questions to the user. */
export const askingScenarios: readonly Scenario[] = [
  {
    name: 'a question that is answered here',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 36,
    definition: retry,
    run: asks,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await answerThrough(staging, staging.doomed)
      await staging.settle()
      await staging.passFor(20_000, () => answerThrough(staging, staging.survivor))
    },
    problem: unlessAnswered('doomed', 'survivor'),
  },
  {
    name: 'a question that is answered through another process',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 34,
    definition: retry,
    run: asks,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      await staging.passFor(20_000, () => answerThrough(staging, staging.process('other')))
      await staging.pass(4_000, () => staging.allEnded())
    },
    problem: unlessAnswered('other'),
  },
  {
    name: 'the process through which a question is answered',
    unharmed: ['succeeded'],
    hasOthers: true,
    minPoints: 7,
    definition: retry,
    run: asks,
    async script(staging) {
      await staging.create(staging.process('worker'), { input: null })
      await staging.settle()
      await answerThrough(staging, staging.doomed)
      await answerThrough(staging, staging.survivor)
      await staging.pass(4_000, () => staging.allEnded())
    },
    problem: unlessAnswered('doomed', 'survivor'),
  },
  {
    name: 'a question that nobody answers in time',
    unharmed: ['succeeded'],
    minPoints: 28,
    definition: retry,
    extraMs: 3_000,
    async run({ waitForInput }, { staging }) {
      return waitForInput({ id: 'q', prompt: 'Which?', expiresAt: staging.clock.now() + 2_000 })
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.pass(4_000, () => staging.allEnded())
    },
  },
  {
    name: 'a stop while it waits for an answer',
    unharmed: ['canceled'],
    hasOthers: true,
    minPoints: 33,
    definition: retry,
    run: asks,
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
      const [task] = await staging.tasks()
      if (task === undefined) return
      await staging.cancel(staging.doomed, task.id)
      await staging.cancel(staging.survivor, task.id)
      await staging.settle()
    },
  },
  {
    name: 'a place in the queue that is given back while the user is asked',
    unharmed: ['succeeded', 'succeeded'],
    hasOthers: true,
    minPoints: 48,
    definition: retry,
    manager: { concurrency: 1 },
    async run(context, stage) {
      return context.input === 'asks' ? asks(context, stage) : context.input
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: 'asks' })
      await staging.settle()
      await staging.create(staging.doomed, { userId: 'ben', input: 'works' })
      await staging.settle()
      await staging.passFor(20_000, () => answerThrough(staging, staging.process('other')))
      await staging.pass(4_000, () => staging.allEnded())
    },
  },
]
