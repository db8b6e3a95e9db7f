// A process of its own in which one observer follows a very long log, and which measures what that costs. It is bundled
// and forked by `memory.test.ts`, with the garbage collector at hand.
import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from '../../src/platform/index.ts'
import { TaskClient } from '../../src/task-client.ts'
import { TaskObserver, type TaskSnapshot } from '../../src/task-observer.ts'
import type { TransportSink } from '../../src/transports/index.ts'
import { longLogs, pageOf } from './long-log.ts'
import { pushLog } from './push-log.ts'

/** What the process is started with. */
export interface FollowOrder {
  /** Name of the log. */
  log: string
  events: number
  /** Events in a page. */
  page: number
  /** What brings the pages: a connection of a client or, with `null`, whoever calls the observer. */
  through: 'sse' | 'websocket' | null
}

/** What the process found. */
export interface FollowReport {
  /** Heap that the observer holds while nobody has looked at the text, in bytes. */
  unreadBytes: number
  /** Heap that it holds when somebody has, in bytes. */
  heldBytes: number
  /** Heap that a copy of the last blocks takes, in bytes. */
  stateBytes: number
  /** Snapshots shown before the last one that are still in memory, of those that were looked at. */
  oldAlive: number
  looked: number
  /** Milliseconds that the observer needed for either half of the log, and for the page in the middle of each. */
  halves: [Half, Half]
  nextOffset: number
  blocks: number
}

/** Times of one half of a log, in milliseconds. */
export interface Half {
  total: number
  median: number
}

const order = JSON.parse(process.argv[2] ?? '') as FollowOrder
const log = longLogs.find(({ name }) => name === order.log)
if (log === undefined) throw new Error(`there is no log "${order.log}"`)

async function heapBytes(): Promise<number> {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error('start this process with --expose-gc')
  for (let i = 0; i < 4; i++) {
    collect()
    await pause(5)
  }
  return process.memoryUsage().heapUsed
}

const nobody = (): never => {
  throw new Error('nothing is asked of the server here')
}
const client: Pick<TaskClient, 'cancel' | 'cancelTool' | 'sendInput'> = {
  cancel: nobody,
  cancelTool: nobody,
  sendInput: nobody,
}

function halfOf(times: number[]): Half {
  const sorted = times.sort((a, b) => a - b)
  return { total: times.reduce((sum, time) => sum + time, 0), median: sorted[sorted.length >> 1] ?? 0 }
}

const seen: WeakRef<TaskSnapshot>[] = []

/** An observer, and how long either half of its log has taken. */
interface Followed {
  observer: TaskObserver
  halves: [Half, Half]
}

const platform: Platform = {
  isVisible: () => true,
  onWake: () => () => {},
  onFrame(callback) {
    callback()
    return () => {}
  },
}

const look = (observer: TaskObserver): void => {
  observer.subscribe(() => seen.push(new WeakRef(observer.getSnapshot())))
}

function followed(observer: TaskObserver, times: number[]): Followed {
  const middle = times.length / 2
  return { observer, halves: [halfOf(times.slice(0, middle)), halfOf(times.slice(middle))] }
}

/** Follows `events` events from the first on, which are handed to the observer. */
function followPages(events: number): Followed {
  let sink: TransportSink | null = null
  const observer = new TaskObserver({
    taskId: 't1',
    client,
    watermark: 0,
    platform,
    transport(given) {
      sink = given
      return { start() {}, stop() {}, wake() {} }
    },
  })
  look(observer)
  const times: number[] = []
  for (let from = 0; from < events; from += order.page) {
    const page = pageOf(log ?? nobody(), from, order.page)
    const began = performance.now()
    ;(sink as TransportSink | null)?.apply(page)
    ;(sink as TransportSink | null)?.report('live', null)
    times.push(performance.now() - began)
  }
  return followed(observer, times)
}

/** Follows `events` events from the first on, which come over a connection that stays open. */
async function followConnection(events: number, through: 'sse' | 'websocket'): Promise<Followed> {
  const { options, times } = pushLog(through, log ?? nobody(), { events, page: order.page })
  const observer = new TaskClient({ ...options, platform }).observe('t1', { watermark: 0 })
  look(observer)
  while (observer.getSnapshot().nextOffset < events) await pause(5)
  return followed(
    observer,
    times.slice(1).map((time, at) => time - (times[at] ?? 0)),
  )
}

async function follow(events: number): Promise<Followed> {
  return order.through === null ? followPages(events) : followConnection(events, order.through)
}

// Once before, so that code is compiled by the time that counts.
await follow(order.events / 20)
seen.length = 0
const before = await heapBytes()
const { observer, halves } = await follow(order.events)
const unread = await heapBytes()
const snapshot = observer.getSnapshot()
// Reading a text as a whole, as a screen does, has V8 make one piece of it.
let text = JSON.stringify(snapshot.blocks)
text = ''
const held = await heapBytes()
text = JSON.stringify(snapshot.blocks)
const withText = await heapBytes()
const copy: unknown[] = JSON.parse(text)
const withCopy = await heapBytes()
const report: FollowReport = {
  unreadBytes: unread - before,
  heldBytes: held - before,
  stateBytes: withCopy - withText,
  oldAlive: seen.filter((shown) => shown.deref() !== undefined && shown.deref() !== snapshot).length,
  looked: seen.length,
  halves,
  nextOffset: snapshot.nextOffset,
  blocks: copy.length,
}
process.send?.(report, () => process.disconnect())
