import { foldContender, folderLog, notifyingFold, reduceLog } from '../contenders/folds.mjs'
import { measureWriting } from '../lib/measure-writing.mjs'
import { agentScript, eventsPerTurn, textScript } from '../lib/scripts.mjs'

const few = 10_000
/** @param {boolean} quick */
const many = (quick) => (quick ? 100_000 : 1_000_000)

/** Events that a client takes in at once: a page, or what has come since the last frame. */
const batch = 100

const shapes = [
  { name: 'text', title: 'one long text', script: textScript },
  {
    name: 'agent',
    title: "an agent's turns of thinking, text and a tool call, three blocks each",
    script: (/** @type {number} */ events) => agentScript(events / eventsPerTurn),
  },
]

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Folding a log into blocks',
  about: `The client's reducer turns events, parsed beforehand, into what a screen shows, and the text is read in the end. The
limit is written by hand for these logs: it trusts them, replaces the one block that an event is about, calls one listener per event, and keeps
no earlier state. Outlast checks each event and finds its block whatever came before. \`BlockFolder\` is told of the events, in batches or one by
one with a listener called for each, and makes a state when one is asked for: in the end. \`reduceEvents\` answers a state for each
batch, and leaves every earlier one as it was: it copies the list of blocks for each, so that its rows with batches of one, and with screens
of tens of thousands of blocks, pay for the length of the screen. Rows of ${many(false).toLocaleString('en')} events are held against those
of ${few.toLocaleString('en')} of the same fold: linear is 1.`,
  columns: [
    { title: 'events/s', of: 'eventsPerSecond', kind: 'number' },
    { title: 'CPU µs / event', of: 'cpuMicrosPerEvent', kind: 'number' },
  ],
  // 0.8 × the speed.
  ratio: { title: 'CPU ×', of: 'cpuMicrosPerEvent', goal: { most: 1.25 } },
  cases: (quick) =>
    shapes.flatMap(({ name, title, script }) => {
      /**
       * @param {import('../contenders/folds.mjs').FoldLog} fold
       * @param {number} events
       * @param {number} size Events in a batch.
       */
      const measure = (fold, events, size) => () => {
        const times = quick ? { warmMs: 200, ms: 300 } : { warmMs: 500, ms: 800 }
        return measureWriting(foldContender(fold), { scripts: [script(events)], batch: size }, times)
      }
      const [short, long] = [few, many(quick)].map(
        (events) => `${title}, ${events.toLocaleString('en')} events`,
      )
      const limit = `${name}-limit`
      const manyLimit = `${name}-many-limit`
      const folder = (/** @type {number} */ size) =>
        `\`BlockFolder\`, ${size === 1 ? 'one by one' : `in batches of ${size}`}`
      const reducer = (/** @type {string} */ how) => `\`reduceEvents\`, ${how}`
      const inBatches = `a state for each ${batch}`
      const scaled = `× ${few.toLocaleString('en')} events`
      return [
        {
          name: limit,
          group: `${short}`,
          title: 'by hand (limit)',
          measure: measure(notifyingFold, few, few),
        },
        {
          name: `${name}-singly`,
          group: `${short}`,
          title: folder(1),
          against: limit,
          hasGoal: true,
          measure: measure(folderLog, few, 1),
        },
        {
          name: `${name}-folder`,
          group: `${short}`,
          title: folder(batch),
          against: limit,
          hasGoal: true,
          measure: measure(folderLog, few, batch),
        },
        {
          name: `${name}-whole`,
          group: `${short}`,
          title: reducer('all at once'),
          against: limit,
          hasGoal: true,
          measure: measure(reduceLog, few, few),
        },
        {
          name: `${name}-batches`,
          group: `${short}`,
          title: reducer(inBatches),
          against: limit,
          hasGoal: true,
          measure: measure(reduceLog, few, batch),
        },
        {
          name: `${name}-states`,
          group: `${short}`,
          title: reducer('a state for each event'),
          against: limit,
          // No goal: nobody shows a state for each event, and a screen of hundreds of blocks is copied for it.
          measure: measure(reduceLog, few, 1),
        },
        {
          name: manyLimit,
          group: `${long}`,
          title: `by hand, ${scaled}`,
          against: limit,
          measure: measure(notifyingFold, many(quick), many(quick)),
        },
        {
          name: `${name}-many-singly`,
          group: `${long}`,
          title: `${folder(1)}, ${scaled}`,
          against: `${name}-singly`,
          goal: { most: 2 },
          measure: measure(folderLog, many(quick), 1),
        },
        {
          name: `${name}-many-folder`,
          group: `${long}`,
          title: `${folder(batch)}, ${scaled}`,
          against: `${name}-folder`,
          goal: { most: 2 },
          measure: measure(folderLog, many(quick), batch),
        },
        {
          name: `${name}-many`,
          group: `${long}`,
          title: `${reducer('all at once')}, ${scaled}`,
          against: `${name}-whole`,
          goal: { most: 2 },
          measure: measure(reduceLog, many(quick), many(quick)),
        },
        {
          name: `${name}-many-batches`,
          group: `${long}`,
          title: `${reducer(inBatches)}, ${scaled}`,
          against: `${name}-batches`,
          // An agent's 60,000 blocks are copied for each batch.
          ...(name === 'text' && { goal: { most: 2 } }),
          measure: measure(reduceLog, many(quick), batch),
        },
        {
          name: `${name}-many-by-hand`,
          group: `${long}`,
          title: `${folder(1)}, × by hand`,
          against: manyLimit,
          hasGoal: true,
          measure: measure(folderLog, many(quick), 1),
        },
      ]
    }),
}
