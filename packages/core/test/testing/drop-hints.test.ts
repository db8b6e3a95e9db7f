import { describe, expect, it, vi } from 'vitest'
import { localNotifier } from '../../src/stores/local-notifier.ts'
import { dropHints, runTaskNotifierConformance, seededRandom } from '../../src/testing/index.ts'

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

runTaskNotifierConformance('dropHints that drops none', () => {
  const notifier = dropHints(localNotifier({ onError: () => {} }), { share: 0, random: seededRandom(1) })
  return { notifier, dispose: () => notifier.close() }
})

describe('dropHints', () => {
  async function heard(share: number, seed: number): Promise<number[]> {
    const notifier = dropHints(localNotifier(), { share, random: seededRandom(seed) })
    const onHint = vi.fn()
    notifier.subscribe('log:1', onHint)
    await tick()
    const kept: number[] = []
    for (let i = 0; i < 200; i++) {
      onHint.mockClear()
      notifier.publish(['log:1'])
      await tick()
      if (onHint.mock.calls.length > 0) kept.push(i)
    }
    await notifier.close()
    return kept
  }

  it('loses about the share that it is told, the same ones for the same seed', async () => {
    const kept = await heard(0.7, 3)
    expect(kept.length).toBeGreaterThan(30)
    expect(kept.length).toBeLessThan(90)
    expect(await heard(0.7, 3)).toEqual(kept)
    expect(await heard(0.7, 4)).not.toEqual(kept)
  })

  it('loses every hint with share 1, but not the call that says a subscription is live', async () => {
    expect(await heard(1, 1)).toEqual([])
    const onHint = vi.fn()
    dropHints(localNotifier(), { share: 1, random: seededRandom(1) }).subscribe('log:1', onHint)
    await tick()
    expect(onHint).toHaveBeenCalledOnce()
  })
})
