import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { BrowserContext, CDPSession } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { stall } from '../support/hostile/misbehaviours.ts'
import { logKinds } from '../support/hostile/request-kind.ts'
import type { OpenTask } from '../support/hostile/task-server.ts'
import { buildPage, type ServePage } from './client-page/build-page.ts'
import { type BrowserWorld, openBrowserWorld } from './client-page/open-browser-world.ts'
import { type PageTransport, pageTransports } from './client-page/page-transports.ts'
import { type HideableChromium, launchHideableChromium } from './hideable-chromium.ts'

const executable = findChromium()
const suite = `a page in a real browser${executable === null ? ' (skipped: no Chromium)' : ''}`
/** Pictures are for whoever looks; they are no part of the repository. */
const picture = (name: string): string => join(tmpdir(), `outlast-${name}.png`)

describe.skipIf(executable === null)(suite, { timeout: 60_000 }, () => {
  let servePage: ServePage
  let chromium: HideableChromium
  let world: BrowserWorld
  let session: CDPSession
  beforeAll(async () => {
    servePage = await buildPage()
    chromium = await launchHideableChromium(executable ?? '')
  })
  afterAll(() => chromium?.close())
  beforeEach(async () => {
    world = await openBrowserWorld(chromium.context, servePage)
    session = await chromium.context.newCDPSession(world.page)
  })
  afterEach(() => world?.close())

  /** Brings another tab to the front; the answer brings the page back. */
  async function hide(): Promise<() => Promise<void>> {
    const other = await chromium.context.newPage()
    await other.bringToFront()
    await world.page.waitForFunction(() => document.visibilityState === 'hidden', null, { polling: 20 })
    return async () => {
      await world.page.bringToFront()
      await world.page.waitForFunction(() => document.visibilityState === 'visible')
      await other.close()
    }
  }

  /** Half of an agent's answer: every kind of block, the last two of them open. */
  async function sayHalf({ context }: OpenTask): Promise<void> {
    context.emit('thinking_chunk', { content: 'The answer needs a look at the files.' })
    context.emit('thinking_end', {})
    context.emit('text_chunk', { content: 'First a look. ' })
    context.emit('text_end', {})
    context.emit('tool_intent', {
      id: 'a',
      name: 'search',
      intent: 'Search for every caller of the function',
    })
    context.emit('tool_start', { id: 'a', name: 'search', arguments: { query: 'callers' } })
    context.emit('update_action', { id: 'a', status: 'completed', result: ['one.ts', 'two.ts'] })
    context.emit('tool_start', { id: 'b', name: 'read_file', arguments: { path: 'one.ts' } })
    context.emit('text_chunk', { content: 'There are two callers, ' })
    await context.flush()
  }
  const half = 'First a look. There are two callers, '

  describe.each(pageTransports)('over %s', (transport) => {
    const query = `?transport=${transport}&random=0.05`

    it('F10 · shows the same blocks after a refresh in the middle, none twice, and none that moves', async () => {
      const { page } = world
      await world.open(query)
      const { taskId, task } = await world.start()
      await sayHalf(task)
      await world.untilText(half)
      const before = await page.evaluate(() => probe.blocks())
      const drawn = await page.locator('li').allTextContents()
      expect(before.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool', 'tool', 'text'])
      expect(await page.locator('li.new').count()).toBe(5)
      await page.screenshot({ path: picture('desktop') })

      await page.reload()
      await world.untilText(half)
      expect(await page.evaluate(() => probe.blocks())).toEqual(before)
      expect(await page.locator('li').allTextContents()).toEqual(drawn)
      expect(await page.locator('li.new').count()).toBe(0)
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
      // The first screen held it all: nothing was built up before the reader's eyes.
      expect((await world.states())[0]).toMatchObject({ text: half })

      task.context.emit('text_chunk', { content: 'and both are right.' })
      task.context.emit('text_end', {})
      task.context.emit('tool_start', { id: 'c', name: 'finish' })
      await task.context.flush()
      await page.locator('li.new').waitFor()
      expect(await page.locator('li.new').allTextContents()).toEqual(['finish · running'])
      task.end()
      await world.expectHonestEnd(taskId)
      await page.setViewportSize({ width: 390, height: 844 })
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      expect(content).toBeLessThanOrEqual(screen ?? 0)
      await page.screenshot({ path: picture('phone') })
    })

    it('F10 · a page that was offline has caught up within a second of being online', async () => {
      const { context, page } = world
      await world.open(`?transport=${transport}&random=0.99`)
      const { taskId, task } = await world.start()
      await task.say('one, ')
      await world.untilText('one, ')
      await context.setOffline(true)
      // What was sent before goes on in a browser that is offline.
      world.proxy.setDown(true)
      // Twice, so that the page waits for some seconds by now.
      await page.waitForFunction(() => probe.states.at(-1)?.connection === 'retrying')
      await task.say('two.')
      world.proxy.setDown(false)
      await context.setOffline(false)
      await world.untilText('one, two.')
      expect(await world.catchUpMs('online', 'one, two.')).toBeLessThan(1_000)
      task.end()
      await world.expectHonestEnd(taskId)
    })

    it('F10, scenario 9 · a page that slept has caught up within a second of being visible', async () => {
      await world.open(query)
      const { taskId, task } = await world.start()
      await task.say('one, ')
      await world.untilText('one, ')
      const show = await hide()
      await session.send('Page.setWebLifecycleState', { state: 'frozen' })
      const before = world.proxy.count(...logKinds)
      // What was open before a sleep is dead after it.
      world.proxy.cut()
      await task.say('two, ')
      await pause(1_000)
      expect(world.proxy.count(...logKinds) - before).toBeLessThanOrEqual(1)
      await session.send('Page.setWebLifecycleState', { state: 'active' })
      await show()
      await world.untilText('one, two, ')
      expect(await world.page.evaluate(() => Object.keys(probe.marks))).toEqual(
        expect.arrayContaining(['freeze', 'resume']),
      )
      expect(await world.catchUpMs('visible', 'one, two, ')).toBeLessThan(1_000)
      task.end()
      await world.expectHonestEnd(taskId)
    })

    it('F10, scenario 9 · a page that hung on a dead connection has caught up within a second of being visible', async () => {
      const { proxy } = world
      await world.open(query)
      const { taskId, task } = await world.start()
      await task.say('one, ')
      await world.untilText('one, ')
      const before = proxy.count(...logKinds)
      const revive = proxy.always(logKinds, stall)
      proxy.cut()
      await expect.poll(() => proxy.count(...logKinds)).toBeGreaterThan(before)
      const show = await hide()
      await task.say('two, ')
      revive()
      await show()
      await world.untilText('one, two, ')
      expect(await world.catchUpMs('visible', 'one, two, ')).toBeLessThan(1_000)
      task.end()
      await world.expectHonestEnd(taskId)
    })
  })

  /** Opens a page for each transport, and has them all do the same. */
  async function inEach(
    contextOf: () => Promise<BrowserContext>,
    during: (world: BrowserWorld, transport: PageTransport) => Promise<void>,
    together: () => Promise<void> = async () => {},
  ): Promise<void> {
    const worlds = await Promise.all(
      pageTransports.map(async () => openBrowserWorld(await contextOf(), servePage)),
    )
    try {
      await Promise.all(worlds.map((each, at) => during(each, pageTransports[at] ?? 'poll')))
      await together()
    } finally {
      await Promise.all(worlds.map((each) => each.close()))
    }
  }

  /** A window of its own, in which a page is seen whatever the others show. */
  async function ownContext(): Promise<BrowserContext> {
    const context = await chromium.browser.newContext()
    onTestFinished(() => context.close())
    return context
  }

  it('F10 · a network that drops for three seconds costs nothing but the time', async () => {
    await inEach(ownContext, async (each, transport) => {
      const { proxy } = each
      await each.open(`?transport=${transport}&random=0.05`)
      const { taskId, task } = await each.start()
      await task.say('one, ')
      await each.untilText('one, ')
      proxy.setDown(true)
      for (let second = 1; second <= 3; second++) {
        await pause(1_000)
        await task.say(`${second} s, `)
      }
      expect((await each.states()).at(-1)).toMatchObject({ connection: 'retrying', text: 'one, ' })
      proxy.setDown(false)
      await each.untilText('one, 1 s, 2 s, 3 s, ')
      task.end()
      await each.expectHonestEnd(taskId)
    })
  })

  it('a hidden page asks at most once in five seconds', async () => {
    const running: { each: BrowserWorld; taskId: string; task: OpenTask }[] = []
    const contextOf = async (): Promise<BrowserContext> => chromium.context
    await inEach(
      contextOf,
      async (each, transport) => {
        await each.open(`?transport=${transport}`)
        const { taskId, task } = await each.start()
        await task.say('one, ')
        await each.untilText('one, ')
        running.push({ each, taskId, task })
      },
      async () => {
        await hide()
        // A wait that had begun while it was visible may still end, and a long-poll be answered.
        const hiddenAt = performance.now()
        for (const { task } of running) await task.say('two, ')
        await pause(1_500)
        for (const { task } of running) await task.say('three.')
        await pause(5_000)
        for (const { each, task, taskId } of running) {
          const asked = each.proxy.requests.filter(({ at }) => at > hiddenAt + 1_500)
          expect(asked.length).toBeLessThanOrEqual(1)
          await each.page.bringToFront()
          task.end()
          await each.expectHonestEnd(taskId)
        }
      },
    )
  })

  it('twenty components on one observer ask as much as one', async () => {
    await inEach(ownContext, async (each, transport) => {
      const { page, proxy } = each
      await each.open(`?transport=${transport}`)
      const { taskId, task } = await each.start()
      let text = ''
      /** Requests for fifteen words, each of which comes when the one before is shown. */
      const asked = async (): Promise<number> => {
        const before = proxy.count(...logKinds)
        for (let round = 0; round < 15; round++) {
          text += 'word '
          await task.say('word ')
          await each.untilText(text)
        }
        return proxy.count(...logKinds) - before
      }
      const byOne = await asked()
      await page.evaluate(() => probe.mount(19))
      expect(await asked()).toBeLessThanOrEqual(1.5 * byOne)
      task.end()
      await each.expectHonestEnd(taskId)
      const texts = await page.locator('ol').evaluateAll((lists) => lists.map((list) => list.textContent))
      expect(texts).toHaveLength(20)
      expect(new Set(texts)).toEqual(new Set(['word '.repeat(30)]))
    })
  })
})
