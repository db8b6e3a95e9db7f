import { describe, expect, it } from 'vitest'
import { StreamOrder } from '../../src/ai-sdk/stream-order.ts'
import { manualClock } from '../support/manual-clock.ts'

/** Whether a promise has settled by the time that everything which is ready has run. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('the order of a stream', () => {
  it('holds a call back until its part was forwarded', async () => {
    const order = new StreamOrder(manualClock())
    order.open()
    const reached = order.reached('c1')
    order.moved()
    expect(await isDone(reached)).toBe(false)
    order.called('c1')
    order.moved()
    expect(await isDone(reached)).toBe(true)
  })

  it('lets a call go on at once when its part was forwarded, or when nothing is forwarded', async () => {
    const order = new StreamOrder(manualClock())
    expect(await isDone(order.reached('c1'))).toBe(true)
    order.open()
    order.called('c2')
    expect(await isDone(order.reached('c2'))).toBe(true)
  })

  it('lets a call go on when the streams have ended', async () => {
    const order = new StreamOrder(manualClock())
    const close = order.open()
    const reached = order.reached('c1')
    close()
    expect(await isDone(reached)).toBe(true)
  })

  it('lets a call that is in no stream go on after a silence, and not while the stream moves', async () => {
    const clock = manualClock()
    const order = new StreamOrder(clock)
    order.open()
    const reached = order.reached('nested')
    for (let part = 0; part < 5; part += 1) {
      clock.advance(200)
      order.moved()
      expect(await isDone(reached)).toBe(false)
    }
    clock.advance(250)
    expect(await isDone(reached)).toBe(true)
  })
})
