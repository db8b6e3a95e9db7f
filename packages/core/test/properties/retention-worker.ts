// A process of its own that takes many tasks through a manager and measures what is left of them. It is bundled and
// forked by `retention-load.test.ts`, with the garbage collector at hand.
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { type Clock, defineTask, memoryStore, TaskManager, type TaskStore } from '../../src/index.ts'
import { type SqliteLike, sqliteStore } from '../../src/stores/sqlite/index.ts'

/** What the process is started with; a file's store when there is a file. */
export interface RetentionLoad {
  tasks: number
  sqlite: { driver: string; file: string } | null
}

/** What a process holds. */
export interface Footprint {
  heapBytes: number
  /** Timers of the manager that have neither fired nor been canceled. */
  timers: number
  /** Whatever else keeps the process open, by kind. */
  resources: Record<string, number>
}

/** What the process found. */
export interface RetentionReport {
  before: Footprint
  after: Footprint
  left: number
  swept: number
  errors: string[]
}

const { tasks, sqlite } = JSON.parse(process.argv[2] ?? '') as RetentionLoad
const atOnce = 250
/** Tasks before the first measurement: code is compiled by then, and caches have their size. */
const warmUp = Math.max(2_000, tasks / 10)
const errors: string[] = []

function openStore(): TaskStore {
  if (sqlite === null) return memoryStore()
  const Database = createRequire(import.meta.url)(sqlite.driver) as new (file: string) => SqliteLike
  return sqliteStore(new Database(sqlite.file))
}

const work = defineTask({
  type: 'work',
  input: z.object({ number: z.number(), text: z.string() }),
  async run({ input, emit, tool }) {
    emit('text_chunk', { content: input.text })
    if (input.number % 20 === 0) await tool({ id: 't1', name: 'echo' }, () => input.text)
    return input.text.length
  },
})

const timers = new Set<() => void>()
/** The host's clock, which knows what still runs on it; a process lists no timers that do not keep it open. */
const clock: Clock = {
  now: Date.now,
  schedule(callback, ms) {
    const timer = setTimeout(() => {
      timers.delete(cancel)
      callback()
    }, ms)
    const cancel = (): void => {
      timers.delete(cancel)
      clearTimeout(timer)
    }
    timers.add(cancel)
    return cancel
  },
}

const manager = new TaskManager({
  tasks: [work],
  store: openStore(),
  clock,
  concurrency: 50,
  retention: { keepMs: 100, everyMs: 250 },
  onError: (error) => errors.push(String(error)),
})
let swept = 0
manager.on('swept', (count) => {
  swept += count
})

async function stored(): Promise<number> {
  const { byStatus } = await manager.stats()
  return Object.values(byStatus).reduce((sum, count) => sum + count, 0)
}

let created = 0

/** Every task is another user's, so that nothing of one may hide behind the next. */
async function take(count: number): Promise<void> {
  for (let done = 0; done < count; done += atOnce) {
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - done) }, async () => {
        const number = created++
        const input = { number, text: `text of task ${number}` }
        const task = await manager.create({ userId: `user ${number}`, input })
        if (number % 50 === 0) await task.cancel()
        const { status } = await task.finished()
        if (status === 'failed') errors.push(`task ${number} has failed`)
      }),
    )
  }
  while ((await stored()) > 0) await pause(20)
}

async function footprint(): Promise<Footprint> {
  const collect = globalThis.gc
  if (collect === undefined) throw new Error('start this process with --expose-gc')
  for (let i = 0; i < 4; i++) {
    collect()
    await pause(10)
  }
  const { heapUsed, external } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Timeout') resources[kind] = (resources[kind] ?? 0) + 1
  }
  return { heapBytes: heapUsed + external, timers: timers.size, resources }
}

await take(warmUp)
const before = await footprint()
swept = 0
await take(tasks)
const after = await footprint()
const report: RetentionReport = { before, after, left: await stored(), swept, errors }
await manager.close()
process.send?.(report, () => process.disconnect())
