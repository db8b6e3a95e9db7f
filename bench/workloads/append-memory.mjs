import { bareArena } from '../contenders/bare-arena.mjs'
import { outlastManager } from '../contenders/outlast-manager.mjs'
import { measureWriting } from '../lib/measure-writing.mjs'
import { agentScript, eventsPerTurn, textScript } from '../lib/scripts.mjs'

const textEvents = 10_000
const longEvents = 100_000
const agentTurns = 500

/** Events between two waits, unless a row says otherwise: a model's answer that comes faster than it is stored. */
const batch = 512

const shapes = [
  {
    name: 'text',
    title: `one text of ${textEvents.toLocaleString('en')} events`,
    script: () => textScript(textEvents),
  },
  {
    name: 'long-text',
    title: `one text of ${longEvents.toLocaleString('en')} events`,
    script: () => textScript(longEvents),
  },
  {
    name: 'agent',
    title: `an agent's ${agentTurns} turns of thinking, text and a tool call, ${(agentTurns * eventsPerTurn).toLocaleString('en')} events`,
    script: () => agentScript(agentTurns),
  },
  {
    name: 'singly',
    title: `one text of ${textEvents.toLocaleString('en')} events, each stored before the next is emitted`,
    script: () => textScript(textEvents),
    batch: 1,
  },
]

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Appends in memory',
  about: `Whole tasks of a \`TaskManager\` on the memory store: a runner emits; each event is checked, numbered, folded by the
default reducer, kept up to the cap of 1,000, and every commit wakes a reader, who looks at the record and waits again. Runners wait for the
store after every ${batch} events. The limit numbers the same events, makes the same JSON, keeps the newest 1,000 in a byte arena
and wakes its reader; it checks and folds nothing.`,
  columns: [
    { title: 'events/s', of: 'eventsPerSecond', kind: 'number' },
    { title: 'CPU µs / event', of: 'cpuMicrosPerEvent', kind: 'number' },
  ],
  ratio: { title: 'CPU × limit', of: 'cpuMicrosPerEvent', goal: { most: 1.6 } },
  cases: (quick) =>
    shapes.flatMap(({ name, title: group, script, batch: own = batch }) => {
      /** @param {() => import('../contenders/contender.mjs').Contender} open */
      const measure = (open) => async () => {
        const contender = open()
        const times = quick ? { warmMs: 200, ms: 300 } : { warmMs: 500, ms: 800 }
        const measured = await measureWriting(contender, { scripts: [script()], batch: own }, times)
        await contender.close()
        return measured
      }
      const against = `${name}-limit`
      return [
        { name: against, group, title: 'byte arena (limit)', measure: measure(bareArena) },
        {
          name,
          group,
          title: 'Outlast',
          against,
          hasGoal: own > 1,
          measure: measure(() => outlastManager({ watched: true })),
        },
        ...(own === 1
          ? [
              {
                name: `${name}-unwatched`,
                group,
                title: 'Outlast, nobody waits',
                against,
                measure: measure(() => outlastManager()),
              },
            ]
          : []),
      ]
    }),
}
