import { expect, it } from 'vitest'
import { memoryStore, TaskError } from '../src/index.ts'
import type { ProgressData } from '../src/protocol/index.ts'
import { manualClock } from './support/manual-clock.ts'
import { eventsOf, managerFor } from './support/test-manager.ts'

/** What a task's log holds of its progress. */
async function progressOf(manager: ReturnType<typeof managerFor>, taskId: string): Promise<ProgressData[]> {
  const events = await eventsOf(manager, taskId)
  return events.filter(({ type }) => type === 'progress').map(({ data }) => data as ProgressData)
}

/** A manager whose tasks count to twenty, one a second, in a time of their own. */
function counter(clock = manualClock()): ReturnType<typeof managerFor> {
  return managerFor(
    async ({ progress, flush }) => {
      for (let done = 0; done <= 20; done++) {
        if (done > 0) clock.advance(1_000)
        progress({ done, total: 20, unit: 'pages' })
        await flush()
      }
    },
    { clock, store: memoryStore({ now: clock.now }) },
  )
}

it('writes the time that is left once the run has shown its pace, and none when nothing is left', async () => {
  const manager = counter()
  const task = await manager.create({ userId: 'u1', input: null })
  await task.finished()
  const reports = await progressOf(manager, task.id)
  expect(reports.slice(0, 3).map(({ eta_ms }) => eta_ms)).toEqual([undefined, undefined, undefined])
  expect(reports[10]).toEqual({ done: 10, total: 20, unit: 'pages', eta_ms: 10_000 })
  expect(reports.at(-1)).toEqual({ done: 20, total: 20, unit: 'pages' })
  expect(JSON.parse((await manager.get(task.id))?.progress ?? '')).toEqual(reports.at(-1))
})

it('knows the time that is left sooner where earlier tasks of the type were alike', async () => {
  const clock = manualClock()
  const manager = counter(clock)
  for (let run = 0; run < 3; run++) {
    await (await manager.create({ userId: 'u1', input: null })).finished()
  }
  // What is known of earlier tasks is asked for once a minute.
  clock.advance(60_000)
  const task = await manager.create({ userId: 'u1', input: null })
  await task.finished()
  const [, second] = await progressOf(manager, task.id)
  expect(second).toEqual({ done: 1, total: 20, unit: 'pages', eta_ms: 19_000 })
})

it('leaves the time to a runner that reports it', async () => {
  const manager = managerFor(({ progress }) => progress({ done: 1, total: 2, eta_ms: 42 }))
  const task = await manager.create({ userId: 'u1', input: null })
  await task.finished()
  expect(await progressOf(manager, task.id)).toEqual([{ done: 1, total: 2, eta_ms: 42 }])
})

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d as the time that is left', async (eta_ms) => {
  const caught: unknown[] = []
  const manager = managerFor(({ progress }) => {
    try {
      progress({ done: 1, total: 2, eta_ms })
    } catch (error) {
      caught.push(error)
    }
  })
  await (await manager.create({ userId: 'u1', input: null })).finished()
  expect(caught.map((error) => TaskError.is(error, 'invalid_event'))).toEqual([true])
})
