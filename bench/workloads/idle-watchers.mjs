import { setTimeout as sleep } from 'node:timers/promises'
import { bareStream } from '../contenders/bare-stream.mjs'
import { outlastPush } from '../contenders/outlast-push.mjs'
import { cpuMicros } from '../lib/measure-writing.mjs'
import { median } from '../lib/median.mjs'
import { usedBytes } from '../lib/memory.mjs'
import { startWatchers } from '../lib/run-watchers.mjs'

const contenders = [
  { name: 'limit', title: 'bare `node:http` stream (limit)', start: bareStream },
  { name: 'events', title: 'Outlast, event stream', start: () => outlastPush({ transport: 'events' }) },
  { name: 'socket', title: 'Outlast, WebSocket', start: () => outlastPush({ transport: 'socket' }) },
]

/** @type {import('../lib/workload.mjs').Workload} */
export const workload = {
  title: 'Idle watchers',
  about: `Connections that wait, each for a task of its own in which nothing happens. Memory is V8's heap and what lies beside it, after
collecting garbage, the tasks not counted. The share of a core is of a while that is longer than the heartbeat, less what
the same tasks take with nobody watching; the goal for it is 0.2 %. The appends are of a task that nobody watches, with the watchers there and without them; they are to cost
no more.`,
  columns: [
    { title: 'bytes / watcher', of: 'bytesPerWatcher', kind: 'number' },
    { title: '% of a core', of: 'percentOfCore', kind: 'number' },
    { title: 'CPU/append, × without', of: 'appendRatio', kind: 'number' },
  ],
  ratio: { title: 'bytes × limit', of: 'bytesPerWatcher', goal: { most: 1.1 } },
  rounds: (rounds) => Math.min(rounds, 3),
  cases: (quick) => {
    const watchers = quick ? 500 : 5_000
    return contenders.map(({ name, title, start }) => ({
      name,
      group: `${watchers.toLocaleString('en')} watchers`,
      title,
      ...(name !== 'limit' && { against: 'limit', hasGoal: name === 'events' }),
      measure: async () => measureIdle(await start(), { watchers, idleMs: quick ? 2_000 : 16_000 }),
    }))
  },
}

/**
 * @param {import('../contenders/push-server.mjs').PushServer} contender
 * @param {{ watchers: number, idleMs: number }} options
 */
async function measureIdle(contender, { watchers, idleMs }) {
  const address = contender.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.')
  const [warm = '', other = '', ...ids] = await contender.open(watchers + 2)
  const process = startWatchers()
  /** @param {readonly string[]} ids */
  const watch = (ids) =>
    process.ask({ op: 'open', port: address.port, watches: ids.map((id) => contender.watch(id)) })
  // Code that is compiled or loaded on first use is no part of a watcher.
  await watch([warm])
  await costOfAppends(contender, other)
  const costAlone = await costOfAppends(contender, other)

  const percentAlone = await percentOfCore(idleMs)
  const bytes = await usedBytes()
  await watch(ids)
  const bytesPerWatcher = ((await usedBytes()) - bytes) / watchers

  const percentWatched = await percentOfCore(idleMs)
  const appendRatio = (await costOfAppends(contender, other)) / costAlone
  process.stop()
  return { bytesPerWatcher, percentOfCore: percentWatched - percentAlone, appendRatio }
}

/**
 * What this process takes while nothing happens. The median of seconds: a collection of the whole heap, which comes once in
 * a while and is as long as the heap is large, falls into few of them.
 *
 * @param {number} idleMs
 */
async function percentOfCore(idleMs) {
  /** @type {number[]} */
  const shares = []
  for (let second = 0; second < idleMs / 1_000; second++) {
    const since = cpuMicros()
    await sleep(1_000)
    shares.push((cpuMicros() - since) / 10_000)
  }
  return median(shares) ?? 0
}

/**
 * CPU time of an append to a task that nobody watches, in µs.
 *
 * @param {import('../contenders/push-server.mjs').PushServer} contender
 * @param {string} id
 */
async function costOfAppends(contender, id) {
  const [turns, perTurn] = [2_000, 20]
  const since = cpuMicros()
  for (let turn = 0; turn < turns; turn++) {
    for (let event = 0; event < perTurn; event++) {
      contender.emit(id, { type: 'text_chunk', data: { id: 'b1', content: 'outlast ' } })
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return (cpuMicros() - since) / (turns * perTurn)
}
