import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { tailOf } from '../../server/tools/output-tail.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('reports at once, then at intervals, and never leaves the last words unsaid', () => {
  const reports: string[] = []
  const output = tailOf(100, (text) => reports.push(text))
  output.add('a')
  output.add('b')
  output.add('c')
  expect(reports).toEqual(['a'])
  vi.advanceTimersByTime(300)
  expect(reports).toEqual(['a', 'abc'])
  output.add('d')
  output.end()
  expect(reports).toEqual(['a', 'abc', 'abcd'])
  vi.advanceTimersByTime(1_000)
  expect(reports).toHaveLength(3)
})

it('keeps the end, from the beginning of a line on', () => {
  const output = tailOf(8, () => {})
  output.add('one\ntwo\nthree\n')
  output.end()
  expect(output.text()).toBe('… earlier output left out\nthree\n')
})
