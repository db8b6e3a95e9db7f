// @vitest-environment happy-dom
import { derived, get } from 'svelte/store'
import { beforeEach, describe, expect, it } from 'vitest'
import { restoreTaskState } from '../../src/restore-task-state.ts'
import { taskReadable } from '../../src/svelte/index.ts'
import type { TaskSnapshot } from '../../src/task-observer.ts'
import { makeWorld, textOf, type World } from '../support/make-world.ts'

let world: World

beforeEach(() => {
  world = makeWorld()
})

/** Nothing waits any more, and nobody listens to the host. */
function expectRest(): void {
  expect(world.clock.pending).toBe(0)
  expect(world.platform.listeners.size).toBe(0)
  expect(world.server.inFlight).toBe(0)
}

describe('taskReadable', () => {
  it('is a store: it calls at once, then after every change, until it is told to stop', async () => {
    world.server.text('Hello')
    const { subscribe } = taskReadable(world.client, 't1')
    const seen: TaskSnapshot[] = []
    const unsubscribe = subscribe((snapshot) => seen.push(snapshot))
    expect(seen).toEqual([expect.objectContaining({ taskId: 't1', blocks: [], connection: 'connecting' })])
    await world.clock.advance(0)
    expect(seen.map(textOf)).toEqual(['', 'Hello'])
    unsubscribe()
    unsubscribe()
    await world.clock.advance(60_000)
    expect(seen).toHaveLength(2)
    expectRest()
  })

  it('fits the stores of svelte/store', async () => {
    world.server.text('Hello')
    const texts: string[] = []
    const text = derived(taskReadable(world.client, 't1'), textOf)
    const unsubscribe = text.subscribe((value) => texts.push(value))
    await world.clock.advance(0)
    expect(texts).toEqual(['', 'Hello'])
    expect(get(text)).toBe('Hello')
    unsubscribe()
    await world.clock.advance(0)
    expectRest()
  })

  it('costs twenty stores of twenty subscribers no more requests than one', async () => {
    const requests = async (stores: number, subscribers: number): Promise<number> => {
      world = makeWorld()
      const leaves = Array.from({ length: stores }, () => taskReadable(world.client, 't1')).flatMap(
        ({ subscribe }) => Array.from({ length: subscribers }, () => subscribe(() => {})),
      )
      world.server.text('Hello')
      await world.clock.advance(10_000)
      expect(world.server.mostInFlight).toBe(1)
      for (const leave of leaves) leave()
      await world.clock.advance(10_000)
      expectRest()
      return world.server.requests.length
    }
    const alone = await requests(1, 1)
    expect(alone).toBeGreaterThan(5)
    expect(await requests(20, 20)).toBe(alone)
  })

  it('leaves nothing behind after a thousand subscriptions', async () => {
    for (let round = 0; round < 1_000; round++) {
      taskReadable(world.client, `t${round % 3}`).subscribe(() => {})()
      if (round % 2 === 0) await Promise.resolve()
    }
    await world.clock.advance(60_000)
    expectRest()
  })

  it('shows the wish to cancel at once, and has its own watermark where one is asked for', async () => {
    world.server.text('old')
    const own = taskReadable(world.client, 't1', { watermark: 0 })
    const plain = taskReadable(world.client, 't1')
    const leaves = [own.subscribe(() => {}), plain.subscribe(() => {})]
    await world.clock.advance(0)
    expect([get(own).watermark, get(plain).watermark]).toEqual([0, 1])
    const canceling = own.cancel('enough')
    expect(get(plain).status).toBe('cancel_requested')
    await canceling
    expect(world.server.requests.find(({ method }) => method === 'POST')?.body).toEqual({ reason: 'enough' })
    for (const leave of leaves) leave()
  })

  it('goes on with an observer that was restored', async () => {
    world.server.text('Hello')
    const restored = await restoreTaskState({ client: world.client, taskId: 't1' })
    if (!restored.found) throw new Error('nothing was restored')
    const seen: string[] = []
    const unsubscribe = taskReadable(world.client, restored.observer).subscribe((snapshot) => {
      seen.push(textOf(snapshot))
    })
    expect(seen).toEqual(['Hello'])
    await world.clock.advance(200)
    unsubscribe()
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })
})
