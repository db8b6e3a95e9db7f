import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TaskNotifier } from '../../src/store/index.ts'
import { localNotifier } from '../../src/stores/local-notifier.ts'
import { runTaskNotifierConformance } from '../../src/testing/index.ts'

/** Lets the microtasks of this tick run. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

runTaskNotifierConformance('localNotifier', () => {
  const notifier = localNotifier({ onError: () => {} })
  return { notifier, dispose: () => notifier.close() }
})

describe('localNotifier', () => {
  const onError = vi.fn()
  let notifier: TaskNotifier

  beforeEach(() => {
    onError.mockReset()
    notifier = localNotifier({ onError })
  })
  afterEach(() => notifier.close())

  it('merges what is published in one tick with the first call of a newcomer', async () => {
    const onHint = vi.fn()
    notifier.subscribe('log:1', onHint)
    for (let i = 0; i < 100; i++) notifier.publish(['log:1'])
    await tick()
    expect(onHint).toHaveBeenCalledOnce()
  })

  it('calls nobody whose subscription ended in the same round', async () => {
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
})
