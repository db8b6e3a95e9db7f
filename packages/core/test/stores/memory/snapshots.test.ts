import { expect, it } from 'vitest'
import type { Snapshot } from '../../../src/store/index.ts'
import { memoryStore } from '../../../src/stores/memory/index.ts'
import { openTask } from '../../support/open-task.ts'

const everything = { limit: 1e6, maxBytes: 1e9, folds: ['f@1'], prefer: 'smaller' as const }
const events = Array.from({ length: 100 }, (_, idx) => `{"idx":${idx},"type":"x_e","data":{},"ts":1}`)

/** A snapshot whose text is made when it is read, and how often that was. */
function lazy(at: number): { snapshot: Snapshot; timesMade: () => number } {
  let made = 0
  const snapshot = {
    at,
    fold: 'f@1',
    minBytes: 1_000,
    get state() {
      made++
      return `"${'s'.repeat(998)}"`
    },
  }
  return { snapshot, timesMade: () => made }
}

it("has no snapshot's text made that no reader needs, and keeps the text alone of a finished task", async () => {
  const store = memoryStore()
  const { task, token } = await openTask(store)
  const first = lazy(50)
  const second = lazy(100)
  await store.append([
    { taskId: task.id, token, at: 0, events: events.slice(0, 50), snapshot: first.snapshot },
  ])
  await store.append([
    { taskId: task.id, token, at: 50, events: events.slice(50), snapshot: second.snapshot },
  ])
  await store.getTask(task.id)
  // A reader that follows: the snapshot stands for less than it weighs.
  expect((await store.readEvents(task.id, { ...everything, from: 95 }))?.snapshot).toBeNull()
  expect([first.timesMade(), second.timesMade()]).toEqual([0, 0])

  const page = await store.readEvents(task.id, { ...everything, from: 0 })
  expect(page?.snapshot).toEqual({ at: 100, fold: 'f@1', state: `"${'s'.repeat(998)}"` })
  const made = second.timesMade()
  await store.append([
    { taskId: task.id, token, at: 100, events: ['{"idx":100}'], final: { status: 'succeeded' } },
  ])
  expect(second.timesMade()).toBe(made + 1)
  expect((await store.readEvents(task.id, { ...everything, from: 0 }))?.snapshot).toEqual(page?.snapshot)
  expect([first.timesMade(), second.timesMade()]).toEqual([0, made + 1])
})
