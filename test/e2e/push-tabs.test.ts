import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { launchChromium } from './chromium.ts'
import type { PageTransport } from './client-page/page-transports.ts'
import { launchHideableChromium } from './hideable-chromium.ts'
import { countResources } from './tabs-page/count-resources.ts'
import {
  changeIn,
  expectWhole,
  openTabs,
  pause,
  type Tab,
  type Tabs,
  tabsOf,
  until,
} from './tabs-page/open-tabs.ts'
import { buildTabsPage, serveTabs } from './tabs-page/serve-tabs.ts'
import type {} from './tabs-page/tab-probe.ts'

const executable = findChromium()
const suite = `many tabs and a connection${executable === null ? ' (skipped: no Chromium)' : ''}`

/** A transport that keeps a connection open. */
interface Way {
  transport: PageTransport
  /** What the server has open then, and what the tab that has it says. */
  kind: 'stream' | 'upgrade'
  name: string
}

const eventStream: Way = { transport: 'sse', kind: 'stream', name: 'sse' }
const socket: Way = { transport: 'websocket', kind: 'upgrade', name: 'websocket' }
const eventStreamAndSocket = [
  ['sse', eventStream],
  ['websocket', socket],
] as const

// Over HTTP/1.1, where a seventh connection to a host waits for ever. Measured by the clock that the browser and this
// process share.
describe.skipIf(executable === null)(suite, { timeout: 120_000 }, () => {
  let code: string
  let browser: Browser
  const measured: Record<string, Record<string, number | number[]>> = {}

  beforeAll(async () => {
    code = await buildTabsPage()
    browser = await launchChromium(executable ?? '')
  })
  afterAll(async () => {
    process.stdout.write(`many tabs and a connection, measured: ${JSON.stringify(measured)}\n`)
    await browser?.close()
  })

  const note = ({ transport }: Way, figures: Record<string, number | number[]>): void => {
    measured[transport] = { ...measured[transport], ...figures }
  }

  /** The tab that has the one connection, as soon as no other one has any. */
  const leaderOf = ({ server }: Tabs, tabs: readonly Tab[]): Promise<Tab> =>
    until(() => {
      const [connection, ...others] = server.connections
      return others.length > 0 ? null : (tabs.find(({ name }) => name === connection?.tab) ?? null)
    })

  /** Requests within some seconds in which tabs do nothing but show what comes. */
  async function requestsIn({ requestsSince }: Tabs, ms: number): Promise<number> {
    const since = Date.now()
    await pause(ms)
    return requestsSince(since).length
  }

  const viaOf = ({ page }: Tab): Promise<unknown> =>
    page.evaluate(() => tabProbe.observer.getSnapshot().transport)

  it.for([...eventStreamAndSocket, ['auto', { ...socket, transport: 'auto' }] as const])(
    'scenario 8 · over %s, eight tabs have one connection, and no more requests than one; all show a stop within two seconds',
    async ([, way], test) => {
      const world = await openTabs(test, browser, code, way)
      const { server } = world
      const taskId = await server.start('ann', 200)
      const tabs = await world.openAll(taskId, 1)
      await leaderOf(world, tabs)
      const one = await requestsIn(world, 2_000)
      tabs.push(...(await world.openAll(taskId, 6, 2)))
      const began = Date.now()
      tabs.push(...(await world.openAll(taskId, 1, 8)))
      const shown = await changeIn(tabs[7] as Tab, ({ next }) => next > 0)
      expect(shown.at - began).toBeLessThan(2_000)

      // A machine that stands still for two seconds lets tabs doubt each other: not for long.
      const eight = await until(async () => {
        const asked = await requestsIn(world, 2_000)
        return asked <= 1.5 * one ? asked : null
      })
      expect(server.connections).toMatchObject([{ kind: way.kind }])
      const leader = await leaderOf(world, tabs)
      expect(await viaOf(leader)).toEqual({ name: way.name, steppedDownBecause: null })
      for (const tab of tabs) if (tab !== leader) expect(await viaOf(tab)).toMatchObject({ name: 'tab' })

      const canceler = tabs.find((tab) => tab !== leader) as Tab
      const canceledAt = Date.now()
      await canceler.page.evaluate(() => tabProbe.observer.cancel())
      const ends = await Promise.all(tabs.map((tab) => changeIn(tab, ({ status }) => status === 'canceled')))
      for (const { at } of ends) expect(at - canceledAt).toBeLessThan(2_000)
      await expectWhole(tabs)
      await until(() => (server.connections.length === 0 ? true : null))
      note(way, {
        eighthTabMs: shown.at - began,
        requestsIn2s: [one, eight],
        canceledMs: ends.map(({ at }) => at - canceledAt),
      })
    },
  )

  it.for(eventStreamAndSocket)(
    'scenario 8 · over %s, a tab that is seen goes on within three seconds where the leading one stood still or was closed',
    async ([, way], test) => {
      const world = await openTabs(test, browser, code, way)
      const { server, context } = world
      const taskId = await server.start('ann', 100)
      const tabs = await world.openAll(taskId, 3)
      const leader = await leaderOf(world, tabs)
      const others = tabs.filter((tab) => tab !== leader)
      const devtools = await context.newCDPSession(leader.page)
      await devtools.send('Debugger.enable')
      const paused = new Promise<void>((resolve) => devtools.once('Debugger.paused', () => resolve()))
      await devtools.send('Debugger.pause')
      await paused
      const pausedAt = Date.now()
      const written = await server.writtenIn(taskId)
      const caughtUp = await Promise.all(others.map((tab) => changeIn(tab, ({ next }) => next > written)))
      for (const { at } of caughtUp) expect(at - pausedAt).toBeLessThan(3_000)
      await until(() => (server.connections.some(({ tab }) => tab !== leader.name) ? true : null))

      await devtools.send('Debugger.resume')
      await devtools.send('Debugger.disable')
      const next = await leaderOf(world, tabs)
      expect(next).not.toBe(leader)
      await changeIn(leader, ({ next }) => next > written + 20)

      await next.page.close()
      const closedAt = Date.now()
      const rest = tabs.filter((tab) => tab !== next)
      const before = await server.writtenIn(taskId)
      const after = await Promise.all(rest.map((tab) => changeIn(tab, ({ next }) => next > before)))
      for (const { at } of after) expect(at - closedAt).toBeLessThan(3_000)
      expect(await leaderOf(world, rest)).toBeTruthy()
      await expectWhole(rest)
      note(way, {
        afterPauseMs: caughtUp.map(({ at }) => at - pausedAt),
        afterCloseMs: after.map(({ at }) => at - closedAt),
      })
    },
  )

  it.concurrent('scenario 8 · over auto, where upgrades are refused, every tab that leads steps down for itself, and says so', async (test) => {
    const world = await openTabs(test, browser, code, { transport: 'auto', refuseUpgrades: true })
    const { server } = world
    const taskId = await server.start('ann', 100)
    const tabs = await world.openAll(taskId, 3)
    const findLeader = (among: readonly Tab[]): Promise<Tab> =>
      until(async () => {
        const [connection, ...others] = server.connections
        const leader = among.find(({ name }) => name === connection?.tab)
        if (connection?.kind !== 'stream' || others.length > 0 || leader === undefined) return null
        expect(await viaOf(leader)).toEqual({ name: 'sse', steppedDownBecause: 'unstable' })
        return leader
      })
    const leader = await findLeader(tabs)
    await leader.page.close()
    const rest = tabs.filter((tab) => tab !== leader)
    await findLeader(rest)
    for (const tab of rest) await changeIn(tab, ({ next }) => next > 20)
    await expectWhole(rest)
  })

  it.concurrent.for(eventStreamAndSocket)(
    'scenario 8 · over %s, two accounts of one browser have a connection each, and see nothing of each other',
    async ([, way], test) => {
      const world = await openTabs(test, browser, code, way)
      const { server } = world
      const [anns, bobs] = [await server.start('ann', 200), await server.start('bob', 200)]
      const tabs = [
        await world.open(anns, 'a1', 'ann'),
        await world.open(bobs, 'b1', 'bob'),
        await world.open(anns, 'a2', 'ann'),
        await world.open(bobs, 'b2', 'bob'),
      ]
      await Promise.all(tabs.map((tab) => changeIn(tab, ({ next }) => next > 15)))
      const connections = await until(() => (server.connections.length === 2 ? server.connections : null))
      expect(connections.map(({ user, tab }) => [user, tab[0]]).sort()).toEqual([
        ['ann', 'a'],
        ['bob', 'b'],
      ])
      const ofTasks = server.requests.filter(({ taskId }) => taskId !== '')
      expect(ofTasks.every(({ user, taskId }) => taskId === (user === 'ann' ? anns : bobs))).toBe(true)
      await expectWhole(tabs)
    },
  )

  it.concurrent.for(eventStreamAndSocket)(
    'scenario 8 · over %s, the connection goes to the tab that is seen, also before a frozen one; hidden ones ask at most once in five seconds',
    async ([, way], { onTestFinished }) => {
      const server = await serveTabs(code)
      const { context, close } = await launchHideableChromium(executable ?? '')
      onTestFinished(async () => {
        await close()
        await server.close()
      })
      const world = tabsOf(context, server, way.transport)
      const taskId = await server.start('ann', 200)
      const tabs = await world.openAll(taskId, 3)
      const blank = await context.newPage()
      const [first, , last] = tabs as [Tab, Tab, Tab]
      const becomesLeader = (tab: Tab): Promise<true> =>
        until(() =>
          server.connections.every(({ tab: name }) => name === tab.name) && server.connections.length === 1
            ? true
            : null,
        )
      await last.page.bringToFront()
      await becomesLeader(last)

      const broughtAt = Date.now()
      await first.page.bringToFront()
      const written = await server.writtenIn(taskId)
      const caughtUp = await changeIn(first, ({ next }) => next > written)
      expect(caughtUp.at - broughtAt).toBeLessThan(3_000)
      await becomesLeader(first)
      const handoverMs = Date.now() - broughtAt
      expect(handoverMs).toBeLessThan(5_000)

      await blank.bringToFront()
      await until(async () => ((await first.page.evaluate(() => document.hidden)) ? true : null))
      // What had begun while it was seen may still end.
      await pause(500)
      const hidden = await requestsIn(world, 5_000)
      expect(hidden).toBeLessThanOrEqual(1)

      const devtools = await context.newCDPSession(first.page)
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
      const shownAt = Date.now()
      await last.page.bringToFront()
      const known = await server.writtenIn(taskId)
      const awake = await changeIn(last, ({ next }) => next > known)
      expect(awake.at - shownAt).toBeLessThan(3_000)
      await until(() => (server.connections.some(({ tab }) => tab === last.name) ? true : null))
      await devtools.send('Page.setWebLifecycleState', { state: 'active' })
      await becomesLeader(last)
      await changeIn(first, ({ next }) => next > known)
      await expectWhole(tabs)
      note(way, {
        broughtToFrontMs: caughtUp.at - broughtAt,
        handoverMs,
        requestsHiddenIn5s: hidden,
        beforeFrozenMs: awake.at - shownAt,
      })
    },
  )

  it.concurrent.for(eventStreamAndSocket)(
    'over %s, a thousand mounts and unmounts leave no timer, listener, channel, lock or connection',
    async ([, way], test) => {
      const world = await openTabs(test, browser, code, way)
      const { server, context } = world
      await context.addInitScript(countResources)
      const taskId = await server.start('ann', 20)
      const tab = (await world.openAll(taskId, 1))[0] as Tab
      const { page } = tab
      await leaderOf(world, [tab])
      const busy = await page.evaluate(() => resourcesInUse())
      expect(busy).toMatchObject({ channels: 1, locks: 1 })
      expect(busy.timers).toBeGreaterThan(0)
      expect(busy.listeners).toBeGreaterThan(0)
      await page.evaluate(async () => {
        tabProbe.unmount()
        await tabProbe.remount(1_000)
      })
      await until(() => (server.connections.length === 0 ? true : null))
      await until(async () => ((await page.evaluate(() => resourcesInUse())).locks === 0 ? true : null))
      expect(await page.evaluate(() => resourcesInUse())).toEqual({
        timers: 0,
        listeners: 0,
        channels: 0,
        locks: 0,
      })
      const connects = server.requests.filter(({ kind }) => kind === way.kind).length
      expect(connects).toBeGreaterThanOrEqual(20)
      expect(await requestsIn(world, 1_000)).toBe(0)
    },
  )
})
