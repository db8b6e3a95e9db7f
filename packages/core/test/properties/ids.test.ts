import { expect, it } from 'vitest'
import { eachStore } from '../support/each-store.ts'

it.each(eachStore)('S2 · ids of tasks hold at least 120 bits, evenly drawn: $name', ({ open }) => {
  const store = open()()
  const ids = Array.from({ length: 3_000 }, () => store.newTaskId('ann'))
  expect(new Set(ids).size).toBe(ids.length)
  const length = ids[0]?.length ?? 0
  const letters = new Set(ids.join(''))
  for (const id of ids) expect(id).toHaveLength(length)
  expect(length * Math.log2(letters.size)).toBeGreaterThanOrEqual(120)
  // Every letter is as likely as any other in every place, six standard deviations wide.
  const expected = ids.length / letters.size
  for (let place = 0; place < length; place++) {
    const counts = new Map<string, number>()
    for (const id of ids) counts.set(id.charAt(place), (counts.get(id.charAt(place)) ?? 0) + 1)
    for (const letter of letters) {
      expect(Math.abs((counts.get(letter) ?? 0) - expected)).toBeLessThan(6 * Math.sqrt(expected))
    }
  }
})
