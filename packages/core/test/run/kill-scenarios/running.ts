import type { Scenario } from '../../support/kill-enumerator.ts'
import { fired } from '../../support/test-manager.ts'

/** Tasks that nobody interferes with. */
export const runningScenarios: readonly Scenario[] = [
  {
    name: 'a task that succeeds',
    unharmed: ['succeeded'],
    minPoints: 20,
    async run({ emit, flush }) {
      emit('text_chunk', { content: 'one' })
      await flush()
      emit('text_chunk', { content: 'two' })
      return 'done'
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
    },
  },
  {
    name: 'a task that throws',
    unharmed: ['failed'],
    errorCodes: ['runner_error'],
    minPoints: 16,
    run({ emit }) {
      emit('thinking_chunk', { content: 'hm' })
      throw new Error('broken')
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
    },
  },
  {
    name: 'a task with tools, one after the other and at the same time',
    unharmed: ['succeeded'],
    minPoints: 51,
    async run({ emit, progress, tool }, { moment }) {
      emit('text_chunk', { content: 'first' })
      progress({ done: 0, total: 3 })
      await tool({ id: 'a', name: 'add', intent: 'to add' }, async (_, report) => {
        report({ message: 'half', result: 1 })
        await moment('in the tool')
        return 2
      })
      progress({ done: 1, total: 3 })
      await Promise.all(
        ['b', 'c'].map((id) =>
          tool({ id, name: 'fail' }, async () => {
            await moment(`in the tool ${id}`)
            throw new Error('no')
          }),
        ),
      )
      progress({ done: 3, total: 3 })
      return 'done'
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.settle()
    },
  },
  {
    name: 'a task that outlives its first lease',
    unharmed: ['succeeded'],
    minPoints: 53,
    passes: ['before store.checkLeases'],
    async run({ emit }, { gate }) {
      emit('text_chunk', { content: 'slow' })
      await gate('go on')
      return 'done'
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.pass(11_000)
    },
  },
  {
    name: 'a task that runs out of time',
    unharmed: ['failed'],
    errorCodes: ['timeout'],
    minPoints: 34,
    definition: { timeoutMs: 3_000 },
    async run({ tool }, { gate }) {
      await tool({ id: 'a', name: 'wait' }, (signal) => Promise.race([fired(signal), gate('go on')]))
    },
    async script(staging) {
      await staging.create(staging.doomed, { input: null })
      await staging.pass(4_000)
    },
  },
  {
    name: 'two tasks of two users at the same time',
    unharmed: ['succeeded', 'succeeded'],
    minPoints: 35,
    async run({ emit, flush, input }) {
      emit('text_chunk', { content: `of ${input}` })
      await flush()
      return input
    },
    async script(staging) {
      await Promise.all([
        staging.create(staging.doomed, { userId: 'ann', input: 'ann' }),
        staging.create(staging.doomed, { userId: 'ben', input: 'ben' }),
      ])
      await staging.settle()
    },
  },
]
