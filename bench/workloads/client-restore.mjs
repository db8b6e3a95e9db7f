import { bareState, outlastRestore, outlastRestoreAnew, replay } from '../contenders/restore-servers.mjs'
import { cpuMicros } from '../lib/measure-writing.mjs'
import { agentScript, eventsPerTurn, textScript } from '../lib/scripts.mjs'

/** @param {boolean} quick */
const eventsOf = (quick) => (quick ? 20_000 : 100_000)

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
  title: 'Restoring a page',
  about: `A task in memory has written ${eventsOf(false).toLocaleString('en')} events and still runs; a new page asks for it, through \`createNodeListener\` and
\`restoreTaskState\`: one request, whose answer is the state. Page after page asks for the same; "written out anew" has the task go on
between them, so that nothing is at hand but the fold. The limit is bare \`node:http\` that holds the same
folded state as bytes, and a page that parses them. Replaying reads the whole log, where no cap has cut it, and folds it.
Server and page share a process, so that the CPU time is that of both.`,
  columns: [
    { title: 'ms', of: 'ms', kind: 'number' },
    { title: 'CPU ms', of: 'cpuMs', kind: 'number' },
    { title: 'CPU ×', of: 'cpuMs', kind: 'ratio' },
  ],
  ratio: { title: 'ms ×', of: 'ms', goal: { most: 1.3 } },
  cases: (quick) =>
    shapes.flatMap(({ name, title, script }) => {
      const group = `${title}, ${eventsOf(quick).toLocaleString('en')} events`
      /** @param {(script: import('../lib/scripts.mjs').Script) => Promise<import('../contenders/restore-servers.mjs').Restorable>} open */
      const measure = (open) => () => measureRestoring(open, script(eventsOf(quick)), quick ? 300 : 1_000)
      const ours = { group, measure: measure(outlastRestore) }
      return [
        { name: `${name}-bare`, group, title: 'the folded state alone (limit)', measure: measure(bareState) },
        { name: `${name}-replay`, group, title: 'replaying the log', measure: measure(replay) },
        { ...ours, name, title: 'Outlast, × the state alone', against: `${name}-bare`, hasGoal: true },
        {
          name: `${name}-anew`,
          group,
          title: 'Outlast, written out anew, × the state alone',
          against: `${name}-bare`,
          measure: measure(outlastRestoreAnew),
        },
        {
          ...ours,
          name: `${name}-again`,
          title: 'Outlast, × replaying',
          against: `${name}-replay`,
          goal: { most: 0.1 },
        },
      ]
    }),
}

/**
 * Restores again and again, first until it is warm.
 *
 * @param {(script: import('../lib/scripts.mjs').Script) => Promise<import('../contenders/restore-servers.mjs').Restorable>} open
 * @param {import('../lib/scripts.mjs').Script} script
 * @param {number} cpuMs How much is measured.
 */
async function measureRestoring(open, script, cpuMs) {
  const { restore, moveOn } = await open(script)
  const expected = script.reduce((sum, { data }) => sum + String(data.content ?? '').length, 0)
  const run = async () => {
    await moveOn?.()
    const beganCpu = cpuMicros()
    const began = performance.now()
    const blocks = await restore()
    const took = { ms: performance.now() - began, cpuMs: (cpuMicros() - beganCpu) / 1_000 }
    const shown = blocks.reduce((sum, { content = '' }) => sum + content.length, 0)
    if (shown !== expected) throw new Error(`The page shows ${shown} characters of ${expected}.`)
    return took
  }
  for (let warmedMs = 0; warmedMs < cpuMs / 2; ) warmedMs += (await run()).cpuMs
  const total = { ms: 0, cpuMs: 0 }
  let restores = 0
  for (; total.cpuMs < cpuMs; restores++) {
    const { ms, cpuMs: tookCpuMs } = await run()
    total.ms += ms
    total.cpuMs += tookCpuMs
  }
  return { ms: total.ms / restores, cpuMs: total.cpuMs / restores }
}
