import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { type ChatContext, type ChatServer, openChatServer } from '../support/chat-server.ts'
import { launchChromium } from './chromium.ts'
import { buildPage, type ServePage } from './client-page/build-page.ts'

const executable = findChromium()
const suite = executable === null ? 'useChat on tasks (skipped: no Chromium)' : 'useChat on tasks'
const chatPage = new URL('../../packages/client/test/ai-sdk/chat-page/page.ts', import.meta.url)

describe.skipIf(executable === null)(suite, { timeout: 120_000 }, () => {
  let servePage: ServePage
  let browser: Browser
  let server: ChatServer
  let context: BrowserContext
  let problems: string[]
  /** Answers the one question of a test. */
  let answer: (context: ChatContext) => unknown

  beforeAll(async () => {
    servePage = await buildPage(chatPage)
    browser = await launchChromium(executable ?? '')
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    problems = []
    server = await openChatServer((task) => answer(task), servePage)
    context = await browser.newContext()
    context.on('weberror', (error) => problems.push(error.error().message))
    context.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
  })
  afterEach(async () => {
    await context?.close()
    await server?.close()
    expect(problems).toEqual([])
  })

  async function openTab(): Promise<Page> {
    const tab = await context.newPage()
    await tab.goto(server.url)
    return tab
  }

  const texts = (tab: Page): Promise<string[]> => tab.locator('article.assistant .text').allInnerTexts()
  const untilReady = (tab: Page): Promise<void> =>
    tab.locator('#status', { hasText: 'ready' }).waitFor({ timeout: 60_000 })

  it('keeps the answer through a refresh in the middle, and shows it in a second tab', async () => {
    let goOn = (): void => {}
    const told = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let runs = 0
    answer = async ({ emit, tool }) => {
      runs++
      emit('ai_message_start', { message_id: 'm1' })
      emit('text_chunk', { content: 'Let me look.' })
      emit('text_end', {})
      emit('tool_preparing', { id: 'k1', name: 'search', arguments_delta: '{"q":' })
      await told
      await tool({ id: 'k1', name: 'search', input: { q: 'x' } }, () => 'found')
      emit('text_chunk', { content: 'It is fine.' })
    }
    const first = await openTab()
    await untilReady(first)
    await first.getByRole('button', { name: 'Ask' }).click()
    await first.locator('[data-state="input-streaming"]').waitFor()
    await first.reload()
    const second = await openTab()
    for (const tab of [first, second]) {
      await tab.locator('#status', { hasText: 'streaming' }).waitFor()
      expect(await texts(tab)).toEqual(['Let me look.'])
    }
    goOn()
    for (const tab of [first, second]) {
      await tab.locator('.tool[data-state="output-available"]').waitFor()
      await untilReady(tab)
      expect(await texts(tab)).toEqual(['Let me look.', 'It is fine.'])
      expect(await tab.locator('.tool').count()).toBe(1)
      expect(await tab.locator('article').count()).toBe(2)
    }
    expect(runs).toBe(1)
  })

  it('stops a tool that runs, on the server and on the screen', async () => {
    const aborted = vi.fn()
    answer = async ({ tool }) => {
      await tool({ id: 'k1', name: 'search', input: {} }, (signal) => {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted()
            reject(signal.reason)
          })
        })
      })
    }
    const tab = await openTab()
    await untilReady(tab)
    await tab.getByRole('button', { name: 'Ask' }).click()
    await tab.locator('[data-state="input-available"]').waitFor()
    expect(aborted).not.toHaveBeenCalled()
    await tab.getByRole('button', { name: 'Stop' }).click()
    await tab.locator('[data-state="output-error"]', { hasText: 'cancelled by user' }).waitFor()
    await untilReady(tab)
    expect(aborted).toHaveBeenCalledOnce()
    const { tasks } = await server.manager.list({ userId: 'ann' })
    expect(tasks.map(({ status }) => status)).toEqual(['canceled'])
    expect(await tab.getByRole('alert').innerText()).toBe('')
  })

  it('lets the task run on when its only page is closed', async () => {
    let goOn = (): void => {}
    const told = new Promise<void>((resolve) => {
      goOn = resolve
    })
    answer = async ({ emit, signal }) => {
      emit('text_chunk', { content: 'Alone' })
      await told
      emit('text_chunk', { content: signal.aborted ? ' and stopped.' : ' and alive.' })
    }
    const tab = await openTab()
    await untilReady(tab)
    await tab.getByRole('button', { name: 'Ask' }).click()
    await tab.locator('.text', { hasText: 'Alone' }).waitFor()
    await tab.close()
    const back = await openTab()
    await back.locator('#status', { hasText: 'streaming' }).waitFor()
    goOn()
    await untilReady(back)
    expect(await texts(back)).toEqual(['Alone and alive.'])
  })

  it('refuses what a tab sends while another one is answered, says so, and sends it when that has ended', async () => {
    let goOn = (): void => {}
    const told = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let runs = 0
    answer = async ({ emit }) => {
      emit('text_chunk', { content: `Answer ${++runs}` })
      await told
    }
    const first = await openTab()
    await untilReady(first)
    const second = await openTab()
    await untilReady(second)
    await first.getByRole('button', { name: 'Ask' }).click()
    await first.locator('.text', { hasText: 'Answer 1' }).waitFor()
    expect(await first.getByRole('button', { name: 'Ask' }).isDisabled()).toBe(true)
    await second.getByRole('button', { name: 'Ask' }).click()
    await second.locator('#status', { hasText: 'error' }).waitFor()
    expect(await second.getByRole('alert').innerText()).toMatch(/already running/)
    expect(await second.locator('article').count()).toBe(1)
    expect(problems.splice(0)).toEqual([expect.stringContaining('409')])
    goOn()
    await untilReady(first)
    await second.getByRole('button', { name: 'Try again' }).click()
    await second.locator('.text', { hasText: 'Answer 2' }).waitFor()
    await untilReady(second)
    expect(await second.getByRole('alert').innerText()).toBe('')
    expect(runs).toBe(2)
  })

  it('answers what is asked after a stop, though the stopped task takes its time to end', async () => {
    let goOn = (): void => {}
    const told = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let runs = 0
    answer = async ({ emit }) => {
      const run = ++runs
      emit('text_chunk', { content: `Answer ${run}` })
      if (run === 1) await told
    }
    const first = await openTab()
    await untilReady(first)
    const second = await openTab()
    await untilReady(second)
    await first.getByRole('button', { name: 'Ask' }).click()
    await first.locator('.text', { hasText: 'Answer 1' }).waitFor()
    await first.getByRole('button', { name: 'Stop' }).click()
    await vi.waitFor(
      async () => {
        const { tasks } = await server.manager.list({ userId: 'ann' })
        expect(tasks.map(({ status }) => status)).toEqual(['cancel_requested'])
      },
      { timeout: 10_000 },
    )
    const refused = second.waitForResponse((response) => response.status() === 409)
    await second.getByRole('button', { name: 'Ask' }).click()
    await refused
    expect(await second.locator('#status').innerText()).toBe('submitted')
    goOn()
    await second.locator('.text', { hasText: 'Answer 2' }).waitFor()
    for (const tab of [first, second]) {
      await untilReady(tab)
      expect(await tab.getByRole('alert').innerText()).toBe('')
    }
    expect(await texts(first)).toEqual(['Answer 1'])
    expect(problems.splice(0)).toEqual([expect.stringContaining('409')])
  })
})
