import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { launchChromium } from './chromium.ts'
import { type HideableChromium, launchHideableChromium } from './hideable-chromium.ts'
import { buildTabsPage, type SeenRead, serveTabs, type TabsServer } from './tabs-page/serve-tabs.ts'
import type {} from './tabs-page/tab-probe.ts'

const executable = findChromium()
const suite = executable === null ? 'many tabs (skipped: no Chromium; apt-get install chromium)' : 'many tabs'
const generous = { timeout: 30_000, interval: 20 }

interface Tab {
  name: string
  page: Page
}

/** How far a tab has shown its task. */
const shownIn = ({ page }: Tab): Promise<number> =>
  page.evaluate(() => tabProbe.observer.getSnapshot().nextOffset)

const changesOf = ({ page }: Tab): Promise<{ at: number; next: number; status: string | null }[]> =>
  page.evaluate(() => tabProbe.changes)

/** Calls `look` until it answers something, in the process that also serves: on a busy machine both take their time. */
function until<Found>(look: () => Promise<Found | null>): Promise<Found> {
  return vi.waitFor(async () => {
    const found = await look()
    if (found === null) throw new Error('not yet')
    return found
  }, generous)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

// Measured by the clock that the browser and this process share. The limits are those of the requirements.
describe.skipIf(executable === null)(suite, { timeout: 120_000 }, () => {
  let code: string
  let server: TabsServer
  let browser: Browser
  let context: BrowserContext
  let hideable: HideableChromium
  const measured: Record<string, number | number[]> = {}

  beforeAll(async () => {
    code = await buildTabsPage()
    browser = await launchChromium(executable ?? '')
    hideable = await launchHideableChromium(executable ?? '')
  })
  afterAll(async () => {
    process.stdout.write(`many tabs, measured: ${JSON.stringify(measured)}\n`)
    await browser?.close()
    await hideable?.close()
  })
  beforeEach(async () => {
    server = await serveTabs(code)
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context?.close()
    await server?.close()
  })

  async function open(taskId: string, name: string, user = 'ann', where = context): Promise<Tab> {
    const page = await where.newPage()
    await page.goto(`${server.url}?${new URLSearchParams({ task: taskId, tab: name, user })}`)
    return { name, page }
  }

  async function openAll(taskId: string, count: number): Promise<Tab[]> {
    const tabs: Tab[] = []
    for (let number = 1; number <= count; number++) tabs.push(await open(taskId, `${number}`))
    await Promise.all(tabs.map((tab) => until(async () => ((await shownIn(tab)) > 0 ? true : null))))
    return tabs
  }

  const readsSince = (time: number): SeenRead[] => server.reads.filter(({ at }) => at >= time)

  /** Names of the tabs of which reads came for a while, as soon as they are so many. */
  const readers = (count: number): Promise<string[]> =>
    until(async () => {
      const since = Date.now()
      await pause(1_500)
      const names = new Set(readsSince(since).map(({ tab }) => tab))
      return names.size === count ? [...names] : null
    })

  /** The tab that reads for all. */
  async function leaderOf(tabs: readonly Tab[]): Promise<Tab> {
    const [name] = await readers(1)
    const leader = tabs.find((tab) => tab.name === name)
    if (leader === undefined) throw new Error(`${name} is none of these tabs`)
    return leader
  }

  it('scenario 8 · shows the task in an eighth tab within two seconds', async () => {
    const taskId = await server.start('ann', 200)
    await openAll(taskId, 7)
    const began = Date.now()
    const eighth = await open(taskId, '8')
    const shown = await until(async () => (await changesOf(eighth)).find(({ next }) => next > 0) ?? null)
    measured.eighthTabMs = shown.at - began
    expect(shown.at - began).toBeLessThan(2_000)
  })

  it('scenario 8 · asks no more than one and a half times as often for eight tabs as for one', async () => {
    const taskId = await server.start('ann', 300)
    const tabs = await openAll(taskId, 1)
    const windowMs = 8_000
    const countFor = async (): Promise<number> => {
      const since = Date.now()
      await pause(windowMs)
      return readsSince(since).length
    }
    const one = await countFor()
    for (let number = 2; number <= 8; number++) tabs.push(await open(taskId, `${number}`))
    await leaderOf(tabs)
    const eight = await countFor()
    measured.readsIn8s = [one, eight]
    expect(one).toBeGreaterThan(10)
    expect(eight).toBeLessThanOrEqual(one * 1.5)
    const newest = Math.max(...(await Promise.all(tabs.map(shownIn))))
    await Promise.all(tabs.map((tab) => until(async () => ((await shownIn(tab)) >= newest ? true : null))))
  })

  // A page that is seen cannot be frozen by the lifecycle; a debugger stops it just as suddenly, in the midst of leading.
  it('scenario 8 · has caught up in a tab that is seen within three seconds after the leading one stood still', async () => {
    const taskId = await server.start('ann', 100)
    const tabs = await openAll(taskId, 3)
    const leader = await leaderOf(tabs)
    const others = tabs.filter((tab) => tab !== leader)
    const devtools = await context.newCDPSession(leader.page)
    await devtools.send('Debugger.enable')
    const paused = new Promise<void>((resolve) => devtools.once('Debugger.paused', () => resolve()))
    await devtools.send('Debugger.pause')
    await paused
    const frozenAt = Date.now()
    const written = await server.writtenIn(taskId)
    const caughtUp = await Promise.all(
      others.map((tab) =>
        until(async () => (await changesOf(tab)).find(({ next }) => next > written) ?? null),
      ),
    )
    measured.afterPauseMs = caughtUp.map(({ at }) => at - frozenAt)
    for (const { at } of caughtUp) expect(at - frozenAt).toBeLessThan(3_000)
    expect((await leaderOf(others)).name).not.toBe(leader.name)

    await devtools.send('Debugger.resume')
    await devtools.send('Debugger.disable')
    const newest = Math.max(...(await Promise.all(others.map(shownIn))))
    await until(async () => ((await shownIn(leader)) >= newest ? true : null))
    expect((await leaderOf(tabs)).name).not.toBe(leader.name)
  })

  it('scenario 8 · goes on in another tab when the leading one is closed', async () => {
    const taskId = await server.start('ann', 100)
    const tabs = await openAll(taskId, 3)
    const leader = await leaderOf(tabs)
    const others = tabs.filter((tab) => tab !== leader)
    await leader.page.close()
    const closedAt = Date.now()
    const before = Math.max(...(await Promise.all(others.map(shownIn))))
    const next = await Promise.all(
      others.map((tab) =>
        until(async () => (await changesOf(tab)).find(({ next }) => next > before + 2) ?? null),
      ),
    )
    measured.afterCloseMs = next.map(({ at }) => at - closedAt)
    for (const { at } of next) expect(at - closedAt).toBeLessThan(2_000)
  })

  it('scenario 8 · shows within two seconds in every tab that one of them canceled the task', async () => {
    const taskId = await server.start('ann', 200)
    const tabs = await openAll(taskId, 8)
    const [leader, canceler] = [await leaderOf(tabs), tabs.at(-1) as Tab]
    expect(leader).not.toBe(canceler)
    const canceledAt = Date.now()
    await canceler.page.evaluate(() => tabProbe.observer.cancel())
    const ends = await Promise.all(
      tabs.map((tab) =>
        until(async () => (await changesOf(tab)).find(({ status }) => status === 'canceled') ?? null),
      ),
    )
    measured.canceledMs = ends.map(({ at }) => at - canceledAt)
    for (const { at } of ends) expect(at - canceledAt).toBeLessThan(2_000)
  })

  it('scenario 8 · keeps two accounts of one browser apart', async () => {
    const [anns, bobs] = [await server.start('ann', 200), await server.start('bob', 200)]
    const tabs = [
      await open(anns, 'a1', 'ann'),
      await open(bobs, 'b1', 'bob'),
      await open(anns, 'a2', 'ann'),
      await open(bobs, 'b2', 'bob'),
    ]
    await Promise.all(tabs.map((tab) => until(async () => ((await shownIn(tab)) > 5 ? true : null))))
    const names = await readers(2)
    expect(names.map((name) => name[0]).sort()).toEqual(['a', 'b'])
    expect(server.reads.every(({ user, taskId }) => taskId === (user === 'ann' ? anns : bobs))).toBe(true)
    const locks = await tabs[0]?.page.evaluate(async () => {
      const { held = [] } = await navigator.locks.query()
      return held.map(({ name }) => name)
    })
    expect(new Set(locks).size).toBe(2)
  })

  it('scenario 8 · leads in the tab that is seen, also before frozen ones, and asks for hidden ones once in five seconds', async () => {
    const taskId = await server.start('ann', 200)
    const { context: where } = hideable
    const tabs: Tab[] = []
    try {
      for (let number = 1; number <= 8; number++) tabs.push(await open(taskId, `${number}`, 'ann', where))
      const [first, last] = [tabs[0] as Tab, tabs[7] as Tab]
      const isHidden = ({ page }: Tab): Promise<boolean> => page.evaluate(() => document.hidden)
      expect([await isHidden(first), await isHidden(last)]).toEqual([true, false])
      expect((await leaderOf(tabs)).name).toBe(last.name)

      const broughtAt = Date.now()
      await first.page.bringToFront()
      const written = await server.writtenIn(taskId)
      const caughtUp = await until(
        async () => (await changesOf(first)).find(({ next }) => next > written) ?? null,
      )
      measured.broughtToFrontMs = caughtUp.at - broughtAt
      expect((await leaderOf(tabs)).name).toBe(first.name)

      const blank = await where.newPage()
      await blank.bringToFront()
      await until(async () => ((await isHidden(first)) ? true : null))
      await pause(1_000)
      const since = Date.now()
      await pause(11_000)
      measured.readsHiddenIn11s = readsSince(since).length
      expect(readsSince(since).length).toBeLessThanOrEqual(3)

      const devtools = await where.newCDPSession(first.page)
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
      const frozenAt = Date.now()
      await pause(6_000)
      expect(readsSince(frozenAt + 500)).toEqual([])
      const shownAt = Date.now()
      await last.page.bringToFront()
      const known = await server.writtenIn(taskId)
      const awake = await until(async () => (await changesOf(last)).find(({ next }) => next > known) ?? null)
      measured.beforeFrozenLeaderMs = awake.at - shownAt
      expect(awake.at - shownAt).toBeLessThan(3_000)
      expect((await leaderOf(tabs)).name).toBe(last.name)
      await blank.close()
    } finally {
      for (const { page } of tabs) await page.close()
    }
  })
})
