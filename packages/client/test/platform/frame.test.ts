// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hostPlatform } from '../../src/platform/platform.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Frames that come when told to. */
function stubFrames(): { paint: () => void; pending: () => number } {
  const frames = new Map<number, FrameRequestCallback>()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    frames.set(++last, callback)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => frames.delete(id))
  return {
    pending: () => frames.size,
    paint: () => {
      for (const [id, frame] of frames) {
        frames.delete(id)
        frame(0)
      }
    },
  }
}

test('calls before the next paint, once', () => {
  const { paint, pending } = stubFrames()
  const callback = vi.fn()
  hostPlatform.onFrame(callback)
  expect(callback).not.toHaveBeenCalled()
  paint()
  paint()
  vi.advanceTimersByTime(1_000)
  expect(callback).toHaveBeenCalledTimes(1)
  expect(pending()).toBe(0)
})

test('calls soon where no frame comes, as when the page is hidden meanwhile', () => {
  const { paint } = stubFrames()
  const callback = vi.fn()
  hostPlatform.onFrame(callback)
  vi.advanceTimersByTime(100)
  expect(callback).toHaveBeenCalledTimes(1)
  paint()
  expect(callback).toHaveBeenCalledTimes(1)
})

test('does not call what was canceled', () => {
  const { paint, pending } = stubFrames()
  const callback = vi.fn()
  hostPlatform.onFrame(callback)()
  expect(pending()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  paint()
  expect(callback).not.toHaveBeenCalled()
})

test('calls at once while the page is hidden', () => {
  const { pending } = stubFrames()
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  const callback = vi.fn()
  hostPlatform.onFrame(callback)()
  expect(callback).toHaveBeenCalledTimes(1)
  expect(pending()).toBe(0)
})
