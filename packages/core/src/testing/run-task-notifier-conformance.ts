import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TaskNotifier } from '../store/index.ts'

/** One notifier and what a test needs around it. */
export interface NotifierHarness {
  notifier: TaskNotifier
  /** Another node: what one publishes the other's subscribers hear. Default: the notifier itself. */
  peer?: TaskNotifier
  /** Resolves when what was published or subscribed before has arrived. Default: after one turn of the event loop. */
  settle?(): Promise<void>
  /** Loses the notifier's connection and waits until it is back. Default: there is none to lose. */
  reconnect?(): Promise<void>
  dispose(): void | Promise<void>
}

/** Opens a notifier; called once per test. Errors of subscribers are expected and must not end the process. */
export type MakeNotifier = () => NotifierHarness | Promise<NotifierHarness>

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Registers the tests that every `TaskNotifier` must pass, in the vitest file that calls it. A notifier may drop,
 * double and reorder hints; these tests expect that one whose connection stands does not.
 */
export function runTaskNotifierConformance(name: string, makeNotifier: MakeNotifier): void {
  describe(`${name} conforms to TaskNotifier`, () => {
    let harness: NotifierHarness
    const settle = (): Promise<void> => harness.settle?.() ?? nextTurn()
    const publisher = (): TaskNotifier => harness.peer ?? harness.notifier

    /** Subscribes a spy and forgets the call that says it is live. */
    async function listen(hint: Parameters<TaskNotifier['subscribe']>[0]) {
      const onHint = vi.fn()
      const end = harness.notifier.subscribe(hint, onHint)
      await settle()
      onHint.mockClear()
      return { onHint, end }
    }

    beforeEach(async () => {
      harness = await makeNotifier()
    })
    afterEach(() => harness.dispose())

    it('calls onHint once when the subscription is live, though nothing was published', async () => {
      const onHint = vi.fn()
      harness.notifier.subscribe('log:1', onHint)
      expect(onHint).not.toHaveBeenCalled()
      await settle()
      expect(onHint).toHaveBeenCalledTimes(1)
    })

    it('calls onHint again after a reconnect, so that what was missed is read', async (context) => {
      if (harness.reconnect === undefined) return context.skip('there is no connection to lose')
      const { onHint } = await listen('log:1')
      await harness.reconnect()
      await settle()
      expect(onHint).toHaveBeenCalledTimes(1)
      publisher().publish(['log:1'])
      await settle()
      expect(onHint).toHaveBeenCalledTimes(2)
    })

    it('carries a hint to every subscriber of it, on every node, and to nobody else', async () => {
      const [first, second] = [await listen('user:ann'), await listen('user:ann')]
      const others = [await listen('user:bob'), await listen('user:*'), await listen('log:ann')]
      publisher().publish(['user:ann', 'work:chat'])
      await settle()
      harness.notifier.publish(['user:ann'])
      await settle()
      expect(first.onHint).toHaveBeenCalledTimes(2)
      expect(second.onHint).toHaveBeenCalledTimes(2)
      for (const { onHint } of others) expect(onHint).not.toHaveBeenCalled()
    })

    it.each(['', 'a b', 'é👩‍👩‍👧', '__proto__', 'a:b\r\nc', '*?[a]', 'x'.repeat(1_000)])(
      'carries a hint about %j',
      async (id) => {
        const { onHint } = await listen(`user:${id}`)
        publisher().publish([`user:${id}`])
        await settle()
        expect(onHint).toHaveBeenCalledTimes(1)
      },
    )

    it('merges what is published in one tick', async () => {
      const { onHint } = await listen('log:1')
      for (let i = 0; i < 100; i++) publisher().publish(['log:1', 'log:1'])
      await settle()
      expect(onHint).toHaveBeenCalledTimes(1)
    })

    it('never runs a subscriber before publish has returned', async () => {
      const { onHint } = await listen('log:1')
      expect(harness.notifier.publish(['log:1'])).toBeUndefined()
      expect(onHint).not.toHaveBeenCalled()
      await settle()
      expect(onHint).toHaveBeenCalledTimes(1)
    })

    it('carries what a subscriber publishes', async () => {
      const { onHint } = await listen('log:2')
      let published = 0
      harness.notifier.subscribe('log:1', () => {
        // Once, lest a notifier that carries it back here goes round for ever.
        if (published++ === 0) harness.notifier.publish(['log:2'])
      })
      await settle()
      await settle()
      expect(onHint).toHaveBeenCalledTimes(1)
    })

    it('keeps a subscriber that throws from harming anyone, itself included', async () => {
      const onHint = vi.fn(() => {
        throw new Error('a subscriber that throws')
      })
      harness.notifier.subscribe('log:1', onHint)
      const after = await listen('log:1')
      for (let i = 0; i < 2; i++) {
        expect(() => publisher().publish(['log:1'])).not.toThrow()
        await settle()
      }
      expect(onHint).toHaveBeenCalledTimes(3)
      expect(after.onHint).toHaveBeenCalledTimes(2)
    })

    it('calls nobody after the end of a subscription, and ends no other with it', async () => {
      const [ended, kept] = [await listen('log:1'), await listen('log:1')]
      publisher().publish(['log:1'])
      ended.end()
      ended.end()
      await settle()
      publisher().publish(['log:1'])
      await settle()
      expect(ended.onHint).not.toHaveBeenCalled()
      expect(kept.onHint).toHaveBeenCalledTimes(2)
    })

    it('counts a function that subscribed twice as two subscribers', async () => {
      const onHint = vi.fn()
      const end = harness.notifier.subscribe('log:1', onHint)
      harness.notifier.subscribe('log:1', onHint)
      await settle()
      expect(onHint).toHaveBeenCalledTimes(2)
      end()
      publisher().publish(['log:1'])
      await settle()
      expect(onHint).toHaveBeenCalledTimes(3)
    })

    it('is silent once it is closed, throws at nobody, and may be closed twice', async () => {
      const { onHint, end } = await listen('log:1')
      await harness.notifier.close()
      await harness.notifier.close()
      harness.notifier.publish(['log:1'])
      harness.notifier.subscribe('log:1', onHint)
      await nextTurn()
      end()
      expect(onHint).not.toHaveBeenCalled()
    })
  })
}
