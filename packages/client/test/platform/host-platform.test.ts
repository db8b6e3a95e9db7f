// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { hostPlatform } from '../../src/platform/platform.ts'

function show(state: 'visible' | 'hidden'): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
}

test('wakes when the page becomes visible and when the network is back, and at no other time', () => {
  const wake = vi.fn()
  const end = hostPlatform.onWake(wake)
  show('hidden')
  expect(wake).toHaveBeenCalledTimes(0)
  expect(hostPlatform.isVisible()).toBe(false)
  show('visible')
  expect(wake).toHaveBeenCalledTimes(1)
  expect(hostPlatform.isVisible()).toBe(true)
  window.dispatchEvent(new Event('online'))
  expect(wake).toHaveBeenCalledTimes(2)
  window.dispatchEvent(new Event('offline'))
  end()
  show('visible')
  window.dispatchEvent(new Event('online'))
  expect(wake).toHaveBeenCalledTimes(2)
})
