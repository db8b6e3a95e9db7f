import { bareStream } from '../contenders/bare-stream.mjs'
import { outlastPush } from '../contenders/outlast-push.mjs'
import { cpuMicros } from '../lib/measure-writing.mjs'
import { keepPace, microsNow } from '../lib/pace.mjs'
import { startWatchers } from '../lib/run-watchers.mjs'

/** @typedef {import('../contenders/push-server.mjs').PushServer} PushServer */

const shapes = [
  { shape: 'many', tasks: 10, each: 4, perSecond: 50, batchMs: 0, most: 1.3 },
  { shape: 'one', tasks: 1, each: 100, perSecond: 50, batchMs: 0, most: 1.3 },
  { shape: 'fast', tasks: 1, each: 50, perSecond: 200, batchMs: 16, most: 0.7 },
]

/** Tasks that the warm-up writes to, and how fast: at the pace that is measured it would take minutes. */
const warmUp = { tasks: 40, perSecond: 400 }

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Delivery',
  about: `Runners emit an event at a time at a steady pace, and watchers in another process are pushed each of them. CPU time is the
server's, per event and watcher, less what the pace itself costs; the latency is from the emit to the watcher's callback. The
goal for the latency is 1.2 × the limit. Each process first writes some 100,000 events to tasks that are watched too: at
this pace it would take the engine minutes to compile what a server of some age has long compiled. The limit keeps
nothing: no log, no numbers that a reader could come back with, no fold.`,
  columns: [
    { title: 'p50 ms', of: 'p50Millis', kind: 'number' },
    { title: 'p50 × limit', of: 'p50Millis', kind: 'ratio' },
    { title: 'CPU µs/delivered', of: 'cpuMicrosPerDelivered', kind: 'number' },
  ],
  ratio: { title: 'CPU × limit', of: 'cpuMicrosPerDelivered', goal: { most: 1.3 } },
  // Its rounds are long.
  rounds: (rounds) => Math.min(rounds, 3),
  cases: (quick) => shapes.flatMap((shape) => casesOf(shape, quick)),
}

/** @param {typeof shapes[number]} shape @param {boolean} quick @returns {import('../lib/workload.mjs').Case[]} */
function casesOf({ shape, tasks, each, perSecond, batchMs, most }, quick) {
  const group = `${tasks} × ${each} watchers, ${perSecond} events/s a task`
  const gathered = batchMs > 0 ? `, \`batchMs: ${batchMs}\`` : ''
  /** @param {string} name @param {string} title @param {() => Promise<PushServer>} start */
  const row = (name, title, start) => ({
    name: `${shape}-${name}`,
    group,
    title,
    ...(name !== 'limit' && { against: `${shape}-limit`, goal: { most } }),
    measure: async () => measureDelivery(await start(), { tasks, each, perSecond }, quick),
  })
  return [
    row('limit', 'bare `node:http` stream (limit)', bareStream),
    row('events', `Outlast, event stream${gathered}`, () => outlastPush({ transport: 'events', batchMs })),
    row('socket', `Outlast, WebSocket${gathered}`, () => outlastPush({ transport: 'socket', batchMs })),
  ]
}

/**
 * @param {PushServer} contender
 * @param {{ tasks: number, each: number, perSecond: number }} shape
 * @param {boolean} quick
 */
async function measureDelivery(contender, { tasks, each, perSecond }, quick) {
  const watchers = startWatchers()
  const ms = quick ? 1_500 : 4_000
  await watchedTasks(contender, watchers, { tasks: warmUp.tasks, each: 1 }).then((ids) =>
    emitTo(contender, ids, { ...warmUp, ms: quick ? 2_000 : 6_000 }),
  )
  const ids = await watchedTasks(contender, watchers, { tasks, each })
  await emitTo(contender, ids, { tasks, perSecond, ms: ms / 4 })

  const idleSince = cpuMicros()
  await keepPace({ tasks, perSecond, ms }, () => microsNow())
  const paceMicros = cpuMicros() - idleSince

  await watchers.ask({ op: 'record' })
  const since = cpuMicros()
  const emitted = await emitTo(contender, ids, { tasks, perSecond, ms })
  const micros = cpuMicros() - since
  const { received, disordered, p50Micros } = await allReceived(watchers, emitted * each)
  watchers.stop()
  if (disordered > 0) throw new Error(`${disordered} events came out of their order.`)
  return { p50Millis: p50Micros / 1_000, cpuMicrosPerDelivered: (micros - paceMicros) / received }
}

/**
 * @param {PushServer} contender
 * @param {ReturnType<typeof startWatchers>} watchers
 * @param {{ tasks: number, each: number }} shape
 */
async function watchedTasks(contender, watchers, { tasks, each }) {
  const ids = await contender.open(tasks)
  const watches = ids.flatMap((id) => Array.from({ length: each }, () => contender.watch(id)))
  await watchers.ask({ op: 'open', port: portOf(contender), watches })
  return ids
}

/**
 * @param {PushServer} contender
 * @param {readonly string[]} ids
 * @param {{ tasks: number, perSecond: number, ms: number }} pace
 */
function emitTo(contender, ids, pace) {
  return keepPace(pace, (task) => {
    const data = { id: 'b1', content: 'outlast ', at: microsNow() }
    contender.emit(ids[task] ?? '', { type: 'text_chunk', data })
  })
}

/** @param {ReturnType<typeof startWatchers>} watchers @param {number} expected */
async function allReceived(watchers, expected) {
  const deadline = performance.now() + 5_000
  for (;;) {
    const report = await watchers.ask({ op: 'report' })
    if (report.received === expected) return report
    if (performance.now() > deadline)
      throw new Error(`${report.received} of ${expected} events were delivered.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** @param {PushServer} contender */
function portOf({ server }) {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.')
  return address.port
}
