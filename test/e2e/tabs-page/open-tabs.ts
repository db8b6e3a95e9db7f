import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, type TestContext, vi } from 'vitest'
import type { PageTransport } from '../client-page/page-transports.ts'
import { type SeenRequest, type ServeTabsOptions, serveTabs, type TabsServer } from './serve-tabs.ts'
import type { TabProbe } from './tab-probe.ts'

/** A page that shows a task. */
export interface Tab {
  name: string
  page: Page
}

/** The tabs of one browser profile that follow the tasks of one server. */
export interface Tabs {
  server: TabsServer
  context: BrowserContext
  /** Opens a tab of a user, `ann` by default. */
  open(taskId: string, name: string, user?: string): Promise<Tab>
  /** Opens so many, named by their number from `first` on, and waits until each shows something. */
  openAll(taskId: string, count: number, first?: number): Promise<Tab[]>
  requestsSince(time: number): SeenRequest[]
}

/** How far a tab has shown its task. */
export const shownIn = ({ page }: Tab): Promise<number> =>
  page.evaluate(() => tabProbe.observer.getSnapshot().nextOffset)

const changesOf = ({ page }: Tab): Promise<TabProbe['changes']> => page.evaluate(() => tabProbe.changes)

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Calls `look` until it answers something, in the process that also serves: on a busy machine both take their time. */
export function until<Found>(look: () => Found | null | Promise<Found | null>): Promise<Found> {
  return vi.waitFor(
    async () => {
      const found = await look()
      if (found === null) throw new Error('not yet')
      return found
    },
    { timeout: 30_000, interval: 20 },
  )
}

/** The first change of a tab, so far or to come, that is as wished. */
export const changeIn = (
  tab: Tab,
  wished: (change: TabProbe['changes'][number]) => boolean,
): Promise<TabProbe['changes'][number]> => until(async () => (await changesOf(tab)).find(wished) ?? null)

/** Every tab shows the log from its first event on, with nothing left out and nothing twice, and never showed less than before. */
export async function expectWhole(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) {
    const text = (await tab.page.textContent('body')) ?? ''
    const counts = text.split(' ').slice(0, -1)
    expect(counts.length).toBeGreaterThan(0)
    expect(counts).toEqual(counts.map((_, count) => `${count}`))
    const shown = (await changesOf(tab)).map(({ next }) => next)
    expect(shown).toEqual(shown.toSorted((a, b) => a - b))
  }
}

/** The tabs of a profile, none of which is open yet. */
export function tabsOf(context: BrowserContext, server: TabsServer, transport: PageTransport = 'poll'): Tabs {
  const open: Tabs['open'] = async (taskId, name, user = 'ann') => {
    const page = await context.newPage()
    await page.goto(`${server.url}?${new URLSearchParams({ task: taskId, tab: name, user, transport })}`)
    return { name, page }
  }
  return {
    server,
    context,
    open,
    async openAll(taskId, count, first = 1) {
      const tabs: Tab[] = []
      for (let number = first; number < first + count; number++) tabs.push(await open(taskId, `${number}`))
      await Promise.all(tabs.map((tab) => changeIn(tab, ({ next }) => next > 0)))
      return tabs
    },
    requestsSince: (time) => server.requests.filter(({ at }) => at >= time),
  }
}

/** A server of the bundled page and a fresh profile for one test, which end with it. */
export async function openTabs(
  { onTestFinished }: TestContext,
  browser: Browser,
  code: string,
  { transport, ...options }: ServeTabsOptions & { transport?: PageTransport } = {},
): Promise<Tabs> {
  const server = await serveTabs(code, options)
  const context = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    await server.close()
  })
  return tabsOf(context, server, transport)
}
