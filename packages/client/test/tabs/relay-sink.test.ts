import { expect, test } from 'vitest'
import { relaySink } from '../../src/tabs/relay-sink.ts'
import { TabWorld } from './tab-world.ts'

const world = new TabWorld()
world.emit(5)
const page = world.page('t1', 'ann', { from: 0, epoch: null })

test('a relay begins where who wants the task has read to, and moves on with each page', () => {
  const sink = relaySink({ from: 2, epoch: 'e1' })
  expect(sink.cursor()).toEqual({ from: 2, epoch: 'e1' })
  expect(sink.apply(page)).toEqual({ fresh: true, finished: false })
  expect(sink.cursor()).toEqual({ from: 5, epoch: 'e1' })
})

test('a page that is older than the cursor, or brings nothing, is not fresh and does not move it back', () => {
  const sink = relaySink({ from: 5, epoch: 'e1' })
  expect(sink.apply(page)).toEqual({ fresh: false, finished: false })
  expect(sink.apply({ ...page, next_offset: 3 })).toEqual({ fresh: false, finished: false })
  expect(sink.cursor().from).toBe(5)
})

test('a page of another epoch does not fit until the cursor was reset', () => {
  const sink = relaySink({ from: 9, epoch: 'e0' })
  expect(sink.apply(page)).toBe(null)
  sink.reset()
  expect(sink.cursor()).toEqual({ from: 0, epoch: null })
  expect(sink.apply(page)).toEqual({ fresh: true, finished: false })
  expect(sink.cursor()).toEqual({ from: 5, epoch: 'e1' })
})

test('a relay ends with the last page of a task that is final', () => {
  const final = { ...page, status: 'succeeded' as const }
  expect(relaySink({ from: 0, epoch: null }).apply(final)?.finished).toBe(true)
  expect(relaySink({ from: 0, epoch: null }).apply({ ...final, up_to_date: false })?.finished).toBe(false)
})
