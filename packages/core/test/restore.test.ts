import { describe, expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../src/blocks/index.ts'
import type { TaskContext } from '../src/index.ts'
import type { EventQuery, ReadPage, TaskStore } from '../src/store/index.ts'
import { localNotifier } from '../src/stores/local-notifier.ts'
import { memoryStore } from '../src/stores/memory/index.ts'
import { TaskReader } from '../src/task-reader.ts'
import { eachStore } from './support/each-store.ts'
import { manualClock } from './support/manual-clock.ts'
import { openTask } from './support/open-task.ts'
import { fired, managerFor, until } from './support/test-manager.ts'

/** What a page that was just opened asks for. */
const restoring = { folds: ['blocks@1'], prefer: 'smaller' } as const

const blocksOf = ({ snapshot, events }: ReadPage): unknown => {
  const start = snapshot === null ? initialBlocks : JSON.parse(snapshot.state)
  return reduceEvents(
    start,
    events.map((text) => JSON.parse(text)),
  ).blocks
}

/** Says 2,000 words in some turns, and then waits for its stop. */
async function talk({ emit, flush, signal }: TaskContext): Promise<void> {
  for (let word = 0; word < 2_000; word++) {
    emit('text_chunk', { content: `${word} ` })
    if (word % 90 === 0) await flush()
    if (word % 500 === 499) {
      emit('tool_start', { id: `t${word}`, name: 'search', arguments: { word } })
      emit('update_action', { id: `t${word}`, status: 'completed', result: [word] })
    }
  }
  await flush()
  await fired(signal)
}

describe.each(eachStore)('scenario 3 · a task of 2,000 words in $name', ({ open }) => {
  it('is restored in one page: its state alone, while it runs and after its end', async () => {
    const manager = managerFor(talk, { store: open()() })
    const uncapped = managerFor(talk, { store: open()(), limits: { maxEvents: 10_000 }, fold: null })
    for (const one of [manager, uncapped]) {
      const { id } = await one.create({ userId: 'u1', input: null })
      await until(async () => ((await one.get(id))?.nextIdx ?? 0) >= 2_008)
    }
    const [task] = (await manager.list({ userId: 'u1' })).tasks
    const [other] = (await uncapped.list({ userId: 'u1' })).tasks
    const read = async (): Promise<[ReadPage, ReadPage]> => [
      (await manager.read(task?.id ?? '', restoring)) as ReadPage,
      (await uncapped.read(other?.id ?? '')) as ReadPage,
    ]

    const [running, replayed] = await read()
    expect(running.task.firstIdx).toBeGreaterThan(0)
    expect(running).toMatchObject({ snapshot: { at: 2_008 }, from: 2_008, events: [] })
    expect(blocksOf(running)).toEqual(blocksOf(replayed))

    await manager.cancel(task?.id ?? '', { actor: 'u1' })
    await uncapped.cancel(other?.id ?? '', { actor: 'u1' })
    await until(async () => (await read()).every((page) => page.task.status === 'canceled'))
    const [finished, whole] = await read()
    expect(finished).toMatchObject({ snapshot: { at: whole.task.nextIdx }, events: [] })
    expect(blocksOf(finished)).toEqual(blocksOf(whole))
  })
})

describe('a read of a task that runs here', () => {
  const events = Array.from({ length: 20 }, (_, idx) => `{"idx":${idx},"type":"x_e","data":{},"ts":1}`)
  const stored = { at: 10, fold: 'blocks@1', state: '"stored"' }
  const current = { at: 15, fold: 'blocks@1', state: '"current"' }
  const query: Partial<EventQuery> = { folds: ['blocks@1'] }

  /** A reader of a log whose events before `trimTo` are gone, where the writer offers `current`. */
  async function readerOf(trimTo: number, epochOf: (epoch: string) => string) {
    const store: TaskStore = memoryStore()
    const { task, token } = await openTask(store)
    await store.append([{ taskId: task.id, token, at: 0, events, snapshot: stored, trimTo }])
    const reader = new TaskReader({
      store,
      currentState: () => ({ epoch: epochOf(task.epoch), snapshot: current }),
      notifier: localNotifier(),
      clock: manualClock(),
      recheckMs: 1_000,
      hintsAreComplete: true,
    })
    return reader.read(task.id, query)
  }

  it('is answered with the state of its writer, and the events behind it', async () => {
    const page = await readerOf(5, (epoch) => epoch)
    expect(page).toMatchObject({ snapshot: current, from: 15, events: events.slice(15) })
  })

  it('is answered by the store when the log was begun anew meanwhile', async () => {
    const page = await readerOf(5, () => 'an older one')
    expect(page).toMatchObject({ snapshot: stored, from: 10, events: events.slice(10) })
  })

  it('is answered by the store when the events behind the state are gone', async () => {
    const page = await readerOf(17, (epoch) => epoch)
    expect(page).toMatchObject({ from: 17, events: events.slice(17) })
    expect(page?.snapshot).toBeNull()
  })
})
