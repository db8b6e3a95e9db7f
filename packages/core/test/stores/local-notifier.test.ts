import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TaskNotifier } from '../../src/store/index.ts'
import { localNotifier } from '../../src/stores/local-notifier.ts'

/** Lets the microtasks of this tick run. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('localNotifier', () => {
  const onError = vi.fn()
  let notifier: TaskNotifier

  beforeEach(() => {
    onError.mockReset()
    notifier = localNotifier({ onError })
  })
  afterEach(() => notifier.close())

  it('calls onHint once when the subscription is live, after subscribe has returned', async () => {
    const onHint = vi.fn()
    notifier.subscribe('log:1', onHint)
    expect(onHint).not.toHaveBeenCalled()
    await tick()
    expect(onHint).toHaveBeenCalledOnce()
  })

  it('delivers a hint to every subscriber of it and to nobody else', async () => {
    const [a, b, other] = [vi.fn(), vi.fn(), vi.fn()]
    notifier.subscribe('log:1', a)
    notifier.subscribe('log:1', b)
    notifier.subscribe('log:2', other)
    await tick()
    notifier.publish(['log:1', 'user:ann'])
    expect(a).toHaveBeenCalledTimes(1)
    await tick()
    expect(a).toHaveBeenCalledTimes(2)
    expect(b).toHaveBeenCalledTimes(2)
    expect(other).toHaveBeenCalledTimes(1)
    notifier.publish(['log:2'])
    await tick()
    expect(a).toHaveBeenCalledTimes(2)
    expect(other).toHaveBeenCalledTimes(2)
  })

  it('merges what is published in one tick, also for a newcomer', async () => {
    const onHint = vi.fn()
    notifier.subscribe('log:1', onHint)
    for (let i = 0; i < 100; i++) notifier.publish(['log:1'])
    await tick()
    expect(onHint).toHaveBeenCalledOnce()
    for (let i = 0; i < 100; i++) notifier.publish(['log:1', 'log:1'])
    await tick()
    expect(onHint).toHaveBeenCalledTimes(2)
  })

  it('delivers what a subscriber publishes, in a later round', async () => {
    const onHint = vi.fn()
    notifier.subscribe('log:1', () => notifier.publish(['log:2']))
    notifier.subscribe('log:2', onHint)
    await tick()
    expect(onHint).toHaveBeenCalledTimes(2)
  })

  it('calls nobody after the end of a subscription, also when it ended in the same round', async () => {
    const onHint = vi.fn()
    const end = notifier.subscribe('log:1', onHint)
    end()
    await tick()
    expect(onHint).not.toHaveBeenCalled()

    const late = vi.fn()
    const ends: Array<() => void> = []
    notifier.subscribe('log:2', () => {
      for (const endLate of ends) endLate()
    })
    ends.push(notifier.subscribe('log:2', late))
    await tick()
    notifier.publish(['log:2'])
    await tick()
    expect(late).not.toHaveBeenCalled()
  })

  it('ends one subscription of a function that was subscribed twice', async () => {
    const onHint = vi.fn()
    const end = notifier.subscribe('log:1', onHint)
    notifier.subscribe('log:1', onHint)
    end()
    end()
    await tick()
    expect(onHint).toHaveBeenCalledOnce()
  })

  it('hands what a subscriber throws to onError, and calls the others', async () => {
    const failure = new Error('no')
    const onHint = vi.fn()
    notifier.subscribe('log:1', () => {
      throw failure
    })
    notifier.subscribe('log:1', onHint)
    await tick()
    expect(onError.mock.calls).toEqual([[failure, { stage: 'notifier' }]])
    expect(onHint).toHaveBeenCalledOnce()
  })

  it('warns of an error when there is no onError', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const failure = new Error('nobody listens')
    const plain = localNotifier()
    plain.subscribe('log:1', () => {
      throw failure
    })
    await tick()
    expect(emitWarning.mock.calls).toEqual([[failure]])
    emitWarning.mockRestore()
    await plain.close()
  })

  it('delivers nothing after close', async () => {
    const onHint = vi.fn()
    notifier.subscribe('log:1', onHint)
    await notifier.close()
    notifier.publish(['log:1'])
    notifier.subscribe('log:1', onHint)
    await tick()
    expect(onHint).not.toHaveBeenCalled()
  })
})
