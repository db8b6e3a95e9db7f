import { afterEach, expect, test, vi } from 'vitest'
import type { Platform } from '../../src/platform/index.ts'
import { type TabHost, tabs } from '../../src/tabs/index.ts'
import { TaskClient } from '../../src/task-client.ts'
import { makeWorld, textOf, watch } from '../support/make-world.ts'
import { FakeBrowser } from './fake-browser.ts'

afterEach(() => vi.unstubAllGlobals())

test('the clients of two tabs ask as often as one', async () => {
  const { clock, server } = makeWorld()
  const browser = new FakeBrowser(clock)
  const observers = [0, 1].map(() => {
    const { host, platform } = browser.openTab()
    return new TaskClient({
      fetch: server.fetch,
      clock,
      platform,
      random: () => 0.5,
      tabs: tabs(host),
    }).observe('t1')
  })
  for (const observer of observers) watch(observer)
  await clock.advance(5_000)
  const before = server.reads.length
  for (let step = 0; step < 20; step++) {
    server.text(`${step} `)
    await clock.advance(150)
  }
  expect(server.reads.length - before).toBeLessThanOrEqual(21)
  const texts = observers.map((observer) => textOf(observer.getSnapshot()))
  expect(texts[0]).toContain('17 18 ')
  expect(texts[1]).toBe(texts[0])
  expect(observers.map((observer) => observer.getSnapshot().transport?.name)).toEqual(['poll', 'tab'])
})

test('what a tab reads through has its own name wherever the tab reads for itself', async () => {
  const { clock, server } = makeWorld()
  const browser = new FakeBrowser(clock)
  const names = async (host: TabHost | undefined, platform: Platform): Promise<(string | undefined)[]> => {
    const context = { fetch: server.fetch, clock, platform, random: () => 0.5 }
    const observer = new TaskClient({ ...context, transport: 'long-poll', tabs: tabs(host) }).observe('t1')
    const { seen } = watch(observer)
    for (let step = 0; step < 10; step++) {
      server.text('.')
      await clock.advance(400)
    }
    expect(observer.getSnapshot().connection).toBe('live')
    return [...new Set(seen.map(({ transport }) => transport?.name))]
  }
  const [leader, follower, alone] = [browser.openTab(), browser.openTab(), browser.openTab()]
  expect(await names(leader.host, leader.platform)).toEqual([undefined, 'long-poll'])
  expect(await names(follower.host, follower.platform)).toContain('tab')
  const openChannel = (): never => {
    throw new DOMException('The operation is insecure.', 'SecurityError')
  }
  const { locks } = alone.host
  expect(await names({ locks, openChannel }, alone.platform)).toEqual(['long-poll'])
})

test('a process without tabs shares nothing, whatever it has of locks and channels', async () => {
  const { clock, server, client } = makeWorld({ tabs: tabs() })
  const channel = vi.fn()
  vi.stubGlobal('BroadcastChannel', channel)
  const { leave } = watch(client.observe('t1'))
  await clock.advance(3_000)
  expect(server.reads.length).toBeGreaterThan(2)
  expect(channel).not.toHaveBeenCalled()
  leave()
  expect(clock.pending).toBe(0)
})

test.each([
  ['has no locks, each reads for itself', {}, 1],
  ['has them, none does before it knows its viewer', { locks: { request: () => new Promise(() => {}) } }, 0],
])('where the browser %s', (_, navigator, made) => {
  vi.stubGlobal('document', {})
  vi.stubGlobal('navigator', navigator)
  const transport = vi.fn(() => () => ({ start() {}, stop() {}, wake() {} }))
  tabs()({ ...makeWorld().client.context, taskId: 't1', transport })
  expect(transport).toHaveBeenCalledTimes(made)
})
