import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import {
  badGateway,
  breakAfter,
  breakOff,
  comeBackIn,
  cutShort,
  delayed,
  endAfter,
  holdBack,
  loseAnswer,
  type Misbehaviour,
  reset,
} from '../support/hostile/misbehaviours.ts'
import { logKinds } from '../support/hostile/request-kind.ts'
import { launchChromium } from './chromium.ts'
import { buildPage, type ServePage } from './client-page/build-page.ts'
import { type BrowserWorld, openBrowserWorld } from './client-page/open-browser-world.ts'
import { pageTransports } from './client-page/page-transports.ts'

const executable = findChromium()
const suite = `a page behind a hostile network${executable === null ? ' (skipped: no Chromium)' : ''}`

describe.skipIf(executable === null)(suite, { timeout: 60_000 }, () => {
  let servePage: ServePage
  let browser: Browser
  beforeAll(async () => {
    servePage = await buildPage()
    browser = await launchChromium(executable ?? '')
  })
  afterAll(() => browser?.close())

  /** Opens the page for one test; each has a server, a proxy and a profile of its own. */
  async function openPage({ onTestFinished }: TestContext, query: string): Promise<BrowserWorld> {
    const context = await browser.newContext()
    const world = await openBrowserWorld(context, servePage)
    onTestFinished(async () => {
      await world.close()
      await context.close()
    })
    await world.open(`?random=0.05&${query}`)
    return world
  }

  describe.each(pageTransports)('over %s', (transport) => {
    const query = `transport=${transport}`
    const isPolling = transport === 'poll' || transport === 'long-poll'

    it.concurrent('scenario 9 · shows a log whole and once through resets, a gateway, and what is cut off', async (test) => {
      const world = await openPage(test, query)
      const { proxy } = world
      const { taskId, task } = await world.start()
      await task.say('one, ')
      await world.untilText('one, ')
      let said = 'one, '
      // Of a stream there is no half.
      for (const misbehave of [
        reset,
        badGateway,
        ...(isPolling ? [breakOff, cutShort] : [endAfter(500), breakAfter(500)]),
      ]) {
        proxy.next(logKinds, misbehave, misbehave)
        proxy.cut()
        await task.say('more, ')
        said += 'more, '
        await world.untilText(said)
        await vi.waitFor(() => expect(proxy.unmet).toBe(0), { timeout: 10_000 })
      }
      task.end()
      await world.expectHonestEnd(taskId)
    })

    it.concurrent('scenario 9 · asks again no sooner than a 429 allows', async (test) => {
      const world = await openPage(test, query)
      const { proxy } = world
      proxy.next(['read'], comeBackIn(1))
      const { taskId, task } = await world.start()
      await task.say('one.')
      await world.untilText('one.')
      const [refused, next] = proxy.requests.filter(({ kind }) => logKinds.includes(kind))
      expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(999)
      task.end()
      await world.expectHonestEnd(taskId)
    })

    it.concurrent('scenario 9 · renews a token that has expired, and nobody sees it', async (test) => {
      const world = await openPage(test, `${query}&token=expires`)
      const { taskId, task } = await world.start()
      let said = ''
      for (const word of ['one, ', 'two, ', 'three, ', 'four.']) {
        await task.say(word)
        said += word
        await world.untilText(said)
      }
      task.end()
      await world.expectHonestEnd(taskId)
      expect((await world.states()).filter(({ error }) => error !== null)).toEqual([])
    })

    it.concurrent('scenario 9 · shows nothing of an answer that comes after the last component has gone', async (test) => {
      const world = await openPage(test, query)
      const { page, proxy } = world
      const { task } = await world.start()
      await task.say('one, ')
      await world.untilText('one, ')
      const slow = delayed()
      proxy.next(['read'], slow.misbehave)
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
      await task.say('two, ')
      await slow.asked
      const states = await page.evaluate(() => {
        probe.unmount()
        return probe.states.length
      })
      slow.release()
      const asked = proxy.requests.length
      // A round trip and two frames: whatever was under way has come.
      await page.evaluate(async () => {
        await fetch('/page.js')
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
      })
      expect(proxy.requests.slice(asked).map(({ kind }) => kind)).toEqual(['other'])
      expect(await page.evaluate(() => probe.states.length)).toBe(states)
      expect(await page.locator('li').allTextContents()).toEqual(['one, '])
    })
  })

  it.concurrent('scenario 9 · turns to long-polls where upgrades are blocked and streams are buffered, says so, and tries no better way before a reload', async (test) => {
    const world = await openPage(test, 'transport=auto')
    const { context, page, proxy } = world
    const allow = [proxy.always(['upgrade'], badGateway), proxy.always(['stream', 'read'], holdBack)]
    const tried = (): number[] => [proxy.count('upgrade'), proxy.count('stream')]
    const ways = async (): Promise<unknown[]> => {
      const said = (await world.states()).map(({ transport, because }) => `${transport} ${because}`)
      return said.filter((way, at) => way !== said[at - 1])
    }
    const { taskId, task } = await world.start()
    await task.say('one, ')
    await world.untilText('one, ')
    await page.waitForFunction(() => probe.states.at(-1)?.transport === 'long-poll')
    await task.say('two, ')
    await world.untilText('one, two, ')
    expect(await ways()).toEqual(['websocket null', 'sse unstable', 'long-poll silent'])
    expect(tried()).toEqual([3, 1])

    for (const end of allow) end()
    await context.setOffline(true)
    // What was sent before goes on in a browser that is offline.
    proxy.setDown(true)
    await page.waitForFunction(() => probe.states.at(-1)?.connection === 'retrying')
    proxy.setDown(false)
    await context.setOffline(false)
    await task.say('three, ')
    await world.untilText('one, two, three, ')
    await page.evaluate(() => {
      probe.unmount()
      probe.mount(1)
    })
    await task.say('four, ')
    await world.untilText('one, two, three, four, ')
    expect((await ways()).at(-1)).toBe('long-poll silent')
    expect(tried()).toEqual([3, 1])

    await page.reload()
    await page.waitForFunction(() => probe.states.at(-1)?.transport === 'websocket')
    await test.expect.poll(() => proxy.count('upgrade'), { timeout: 10_000 }).toBeGreaterThan(3)
    task.end()
    await world.expectHonestEnd(taskId)
    expect((await ways()).at(-1)).toBe('websocket null')
  })

  it.concurrent.for<[string, readonly Misbehaviour[]]>([
    ['whose answer is lost twice', [loseAnswer, loseAnswer]],
    [
      'that meets a gateway without its server, a lost answer and cut JSON',
      [badGateway, loseAnswer, cutShort],
    ],
  ])('scenario 9 · makes one task of a create %s', async ([, misbehaviours], test) => {
    const world = await openPage(test, '')
    const { proxy } = world
    proxy.next(['create'], ...misbehaviours)
    const { taskId, task } = await world.start()
    expect(proxy.count('create')).toBe(misbehaviours.length + 1)
    await task.say('one.')
    task.end()
    await world.expectHonestEnd(taskId)
  })
})
