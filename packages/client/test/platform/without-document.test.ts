import { expect, test, vi } from 'vitest'
import { sleep, systemClock } from '../../src/platform/clock.ts'
import { hostPlatform } from '../../src/platform/platform.ts'

test('without a document somebody always watches, and nothing wakes', () => {
  expect('document' in globalThis).toBe(false)
  expect(hostPlatform.isVisible()).toBe(true)
  const end = hostPlatform.onWake(() => {
    throw new Error('woken')
  })
  end()
})

test('without a screen a frame comes at once', () => {
  const callback = vi.fn()
  hostPlatform.onFrame(callback)()
  expect(callback).toHaveBeenCalledTimes(1)
})

test('the clock of the host calls once, unless it was told not to', () => {
  vi.useFakeTimers()
  try {
    const [kept, canceled] = [vi.fn(), vi.fn()]
    systemClock.schedule(kept, 100)
    systemClock.schedule(canceled, 100)()
    const before = systemClock.now()
    vi.advanceTimersByTime(500)
    expect(systemClock.now() - before).toBe(500)
    expect(kept).toHaveBeenCalledTimes(1)
    expect(canceled).not.toHaveBeenCalled()
  } finally {
    vi.useRealTimers()
  }
})

test('a sleep ends with the reason of its signal', async () => {
  const controller = new AbortController()
  const asleep = sleep(systemClock, 60_000, controller.signal)
  controller.abort('enough')
  await expect(asleep).rejects.toBe('enough')
  await expect(sleep(systemClock, 60_000, controller.signal)).rejects.toBe('enough')
})

test('a sleep that is over leaves nothing on its signal', async () => {
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  await sleep(systemClock, 0, signal)
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
    added.mock.calls.map(([, listener]) => listener),
  )
  expect(added).toHaveBeenCalledTimes(1)
})
