import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkDuration, systemClock } from '../src/clock.ts'
import { TaskError } from '../src/errors.ts'

const day = 86_400_000

describe('a timer of the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([2 ** 31 - 1, 2 ** 31, 60 * day, 365 * day + 1])('of %d ms fires then and not before', (ms) => {
    const callback = vi.fn()
    systemClock.schedule(callback, ms)
    vi.advanceTimersByTime(ms - 1)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(callback).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of Infinity never fires, and can be canceled after any time', () => {
    const callback = vi.fn()
    const cancel = systemClock.schedule(callback, Number.POSITIVE_INFINITY)
    vi.advanceTimersByTime(100 * day)
    expect(callback).not.toHaveBeenCalled()
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stays in the background however often it is set again', () => {
    const unref = vi.spyOn(globalThis, 'setTimeout')
    const cancel = systemClock.schedule(() => {}, 100 * day, { background: true })
    vi.advanceTimersByTime(60 * day)
    const timers = unref.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timers.length).toBeGreaterThan(1)
    expect(timers.some((timer) => timer.hasRef())).toBe(false)
    cancel()
  })
})

describe('a duration', () => {
  it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY, '5' as unknown as number])('cannot be %s', (ms) => {
    const check = (): void => checkDuration('timeout', ms)
    expect(check).toThrow(
      expect.objectContaining({ code: 'invalid_definition', message: expect.stringContaining('`timeout`') }),
    )
    expect(check).toThrow(TaskError)
  })

  it.each([0, 0.5, 1e300, Number.POSITIVE_INFINITY])('can be %s', (ms) => {
    expect(() => checkDuration('timeout', ms)).not.toThrow()
  })
})
