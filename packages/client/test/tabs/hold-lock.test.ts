import { expect, test } from 'vitest'
import { holdLock } from '../../src/tabs/hold-lock.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeBrowser } from './fake-browser.ts'

function askTwice(): { browser: FakeBrowser; clock: FakeClock; said: string[]; ends: (() => void)[] } {
  const clock = new FakeClock()
  const browser = new FakeBrowser(clock)
  const said: string[] = []
  const ends = ['a', 'b'].map((name) =>
    holdLock(browser.openTab().host.locks, 'lead', false, (isHeld) =>
      said.push(`${name} ${isHeld ? 'granted' : 'lost'}`),
    ),
  )
  return { browser, clock, said, ends }
}

test('a lock is held until it is released, and goes to the next who waits', async () => {
  const { clock, said, ends } = askTwice()
  await clock.advance(0)
  expect(said).toEqual(['a granted'])
  ends[0]?.()
  await clock.advance(0)
  expect(said).toEqual(['a granted', 'b granted'])
})

test('who ends the wait is neither granted the lock nor told of a loss', async () => {
  const { browser, clock, said, ends } = askTwice()
  await clock.advance(0)
  ends[1]?.()
  ends[0]?.()
  await clock.advance(0)
  expect(said).toEqual(['a granted'])
  expect(browser.held.size).toBe(0)
})

test('a grant that was on its way when the wait ended is given back', async () => {
  const { browser, clock, said, ends } = askTwice()
  ends[0]?.()
  await clock.advance(0)
  expect(said).toEqual(['b granted'])
  expect(browser.held.size).toBe(1)
})

test('a stolen lock is told to who held it, once', async () => {
  const { browser, clock, said, ends } = askTwice()
  await clock.advance(0)
  const steal = (): (() => void) =>
    holdLock(browser.openTab().host.locks, 'lead', true, (isHeld) =>
      said.push(`thief ${isHeld ? 'granted' : 'lost'}`),
    )
  const end = steal()
  await clock.advance(0)
  expect(said).toEqual(['a granted', 'a lost', 'thief granted'])
  ends[0]?.()
  end()
  await clock.advance(0)
  expect(said.slice(3)).toEqual(['b granted'])
})
