import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TaskClient, type TaskSnapshot } from '@outlast/client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { isRunning } from '../../examples/chat-agent/server/check/is-running.ts'
import type { RunningServer } from '../../examples/chat-agent/server/start-server.ts'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { launchChromium } from './chromium.ts'
import { buildPage, serveDemo } from './demo-server.ts'
import { expectedBlocks, openSteps, shownBlocks } from './shown-blocks.ts'

const executable = findChromium()
const suite =
  executable === null ? 'the demo page (skipped: no Chromium; apt-get install chromium)' : 'the demo page'
const pictures = fileURLToPath(new URL('../../test-results/', import.meta.url))
const question = 'How does a stop reach a running tool?'

// Generous, because a browser on a busy machine is slow; nothing here waits for a fixed time.
describe.skipIf(executable === null)(suite, { timeout: 120_000 }, () => {
  let built: string
  let server: RunningServer
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let problems: string[]

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true })
    built = await buildPage()
    server = await serveDemo(built)
    browser = await launchChromium(executable ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close(0)
  })
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
    page = await context.newPage()
    problems = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(server.url)
    await page.getByRole('heading', { name: 'Ask, then close the page' }).waitFor()
  })
  afterEach(async () => {
    await context?.close()
    expect(problems).toEqual([])
  })

  const take = (name: string) => page.screenshot({ path: `${pictures}${name}.png` })

  async function send(message: string): Promise<string> {
    await page.getByLabel('Message').fill(message)
    await page.keyboard.press('Enter')
    const turn = page.locator('article').last()
    await turn.getByText(message, { exact: true }).waitFor()
    return (await turn.getAttribute('data-task')) ?? ''
  }

  /** Reads the task to its end with a client of its own that nobody disturbs. */
  async function readUndisturbed(taskId: string): Promise<TaskSnapshot> {
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ')
    const client = new TaskClient({ baseUrl: `${server.url}/api/tasks`, headers: () => ({ cookie }) })
    const observer = client.observe(taskId, { watermark: 0 })
    return new Promise((resolve) => {
      const unsubscribe = observer.subscribe(() => {
        const snapshot = observer.getSnapshot()
        if (snapshot.outcome === null) return
        unsubscribe()
        resolve(snapshot)
      })
    })
  }

  it('shows the same blocks after two refreshes in the middle of an answer', async () => {
    await take('desktop-empty')
    const taskId = await send(question)
    const undisturbed = readUndisturbed(taskId)
    const turn = page.locator(`[data-task="${taskId}"]`)
    const notice = page.getByText('A running task was found and restored.')

    await turn.locator('[data-status="completed"]').first().waitFor()
    await take('desktop-running')
    expect(await notice.count()).toBe(0)
    await page.reload()
    await notice.waitFor()
    // What was there before is there at once, also the intents that are typed out when they are live.
    expect(await turn.locator('[data-tool] .title').count()).toBeGreaterThan(0)
    expect(await turn.locator('[data-status="completed"] .title .rest').count()).toBe(0)

    await turn.locator('.text').first().waitFor()
    await page.reload()
    await notice.waitFor()
    await take('desktop-restored')
    await turn.locator('.outcome.succeeded').waitFor()
    expect(await shownBlocks(page, taskId)).toEqual(expectedBlocks(await undisturbed))
    await take('desktop-done')

    await send('hello')
    await page.locator('article').last().locator('.outcome.succeeded').waitFor()
    await page.reload()
    await turn.locator('.outcome.succeeded').waitFor()
    expect(await page.locator('.question').allInnerTexts()).toEqual([
      expect.stringContaining(question),
      expect.stringContaining('hello'),
    ])
    expect(await notice.count()).toBe(0)
  })

  it('stops a running tool and its processes, and keeps that on the screen', async () => {
    const taskId = await send('Run the slow tests')
    const turn = page.locator(`[data-task="${taskId}"]`)
    const tool = turn.locator('[data-tool="run_tests"]')
    await tool.getByText('helper process pid').waitFor()
    const pids = [...(await tool.innerText()).matchAll(/process pid (\d+)/g)].map((match) => Number(match[1]))
    expect(pids).toHaveLength(2)
    expect(pids.every(isRunning)).toBe(true)
    await take('desktop-tool')

    await page.getByLabel('Message').fill('kept for later')
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.locator('[data-tool="run_tests"][data-status="canceled"]').waitFor()
    await turn.getByText('Stopped after').waitFor()
    expect(await tool.getByText('cancelled by user').first().isVisible()).toBe(true)
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]))
    expect(await page.getByLabel('Message').inputValue()).toBe('kept for later')
    expect(await page.getByRole('button', { name: 'Send' }).isEnabled()).toBe(true)
    expect(await tool.getByText('helper process pid').isVisible()).toBe(true)
    await take('desktop-stopped')

    const { blocks } = await readUndisturbed(taskId)
    await page.reload()
    await turn.getByText('Stopped after').waitFor()
    expect(await page.getByText('A running task was found').count()).toBe(0)
    expect(await tool.getByText('helper process pid').isVisible()).toBe(true)
    expect(await shownBlocks(page, taskId)).toEqual(expectedBlocks({ blocks } as TaskSnapshot))
  })

  it('keeps the conversation in the address: refresh, back and a second tab show it', async () => {
    const long = `hello ${'a long message '.repeat(200)}end of it`.trim()
    const question = page.locator('.question p')
    const empty = page.getByRole('heading', { name: 'Ask, then close the page' })
    const taskId = await send(long)
    await page.locator('.outcome.succeeded').waitFor()
    await page.waitForURL(`**/?c=${taskId}`)
    await page.reload()
    await page.locator('.outcome.succeeded').waitFor()
    expect(await question.textContent()).toBe(long)

    await page.getByRole('button', { name: 'New conversation' }).click()
    await empty.waitFor()
    await page.reload()
    await empty.waitFor()
    await page.getByRole('heading', { name: 'Earlier conversations' }).waitFor()
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(content).toBeLessThanOrEqual(screen ?? 0)
    await take('desktop-earlier')
    await send('thanks')
    await page.locator('.outcome.succeeded').waitFor()
    expect(await question.allTextContents()).toEqual(['thanks'])

    await page.goBack()
    await page.getByText('end of it').waitFor()
    expect(await question.allTextContents()).toEqual([long])
    const second = await context.newPage()
    await second.goto(page.url())
    await second.locator('.outcome.succeeded').waitFor()
    expect(await second.locator('.question p').allTextContents()).toEqual([long])
  })

  it('says once, and in words, why a task failed, and offers no example where a recording answers', async () => {
    const broken = 'The recording has no answer to this.'
    const answer = () => Promise.reject(new Error(broken))
    const other = await serveDemo(built, { name: 'recording talk.sse', recording: 'talk.sse', answer })
    await page.goto(other.url)
    const play = page.getByRole('button', { name: 'Play the recording' })
    await play.waitFor()
    expect(await page.getByText('talk.sse', { exact: true }).count()).toBe(1)
    expect(await page.getByText('Run the slow tests').count()).toBe(0)
    await take('desktop-recording')
    await play.click()
    await page.locator('.outcome.failed').waitFor()
    expect(await page.getByText(broken).count()).toBe(1)
    await take('desktop-failed')
    await other.close(0)
  })

  it('claims nothing that it cannot know when the network or the server is gone', async () => {
    const taskId = await send('Run the slow tests')
    const turn = page.locator(`[data-task="${taskId}"]`)
    const hint = page.locator('#composer-hint')
    await turn.getByText('helper process pid').waitFor()

    await context.setOffline(true)
    await page.getByText('You are offline. The answer goes on without this page.').waitFor()
    await context.route('**/api/tasks/**', (route) => route.abort())
    await context.setOffline(false)
    await page.getByText('The server does not answer. Trying again…').waitFor()
    expect(await page.getByText('goes on without this page').count()).toBe(0)

    const forgotten = { success: false, error: 'There is no such task.', code: 'task_not_found' }
    await context.route('**/api/tasks/*/cancel', (route) => route.fulfill({ status: 404, json: forgotten }))
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('There is nothing left to stop').waitFor()
    await context.unroute('**/api/tasks/**')
    await context.route('**/api/tasks/*', (route) => route.fulfill({ status: 404, json: forgotten }))
    await turn.getByText('The server no longer knows this task.').waitFor()
    expect(await turn.locator('.spinner').count()).toBe(0)
    expect(await turn.getByText('helper process pid').isVisible()).toBe(true)
    await take('desktop-forgotten')

    await context.unrouteAll()
    await page.reload()
    await turn.getByText('helper process pid').waitFor()
    await context.setOffline(true)
    await page.getByText('You are offline. The answer goes on without this page.').waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByText('the stop has not reached the server yet').waitFor()
    expect(await hint.innerText()).toBe('The stop is on its way to the server.')
    await take('desktop-offline-stop')
    await context.setOffline(false)
    await turn.getByText('Stopped after').waitFor()
    // The browser's own words about requests that this test has broken.
    problems = problems.filter((problem) => !problem.startsWith('Failed to load resource'))
  })

  it('fits a phone and the dark, without scrolling sideways', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await take('phone-empty')
    const taskId = await send('Where is `blockFold` defined?')
    await page.locator(`[data-task="${taskId}"] .outcome.succeeded`).waitFor()
    await take('phone-done')
    await page.setViewportSize({ width: 375, height: 700 })
    await openSteps(page)
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(content).toBeLessThanOrEqual(screen ?? 0)
    await page.emulateMedia({ colorScheme: 'dark' })
    await take('phone-dark')
    await page.setViewportSize({ width: 1280, height: 860 })
    await take('desktop-dark')
  })
})
