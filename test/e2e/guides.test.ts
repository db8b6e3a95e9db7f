import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { type ChatServer, openChatServer } from '../support/chat-server.ts'
import { launchChromium } from './chromium.ts'
import { buildGuide, type GuideFiles } from './guide-pages/build-guide.ts'

const executable = findChromium()
const suite = `the pages of the guides${executable === null ? ' (skipped: no Chromium)' : ''}`

describe.skipIf(executable === null)(suite, { timeout: 60_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '')
  })
  afterAll(() => browser?.close())

  describe.each([
    ['react.md', 'tsx'],
    ['vue.md', 'vue'],
    ['svelte.md', 'svelte'],
    ['script-tag.md', 'html'],
  ])('%s', (guide, language) => {
    let files: GuideFiles
    let server: ChatServer
    let context: BrowserContext
    let page: Page
    let problems: string[]
    let goOn: () => void

    beforeAll(async () => {
      files = await buildGuide(guide, language)
    })
    beforeEach(async () => {
      const told = new Promise<void>((resolve) => {
        goOn = resolve
      })
      server = await openChatServer(
        async ({ emit, input, signal, tool }) => {
          emit('text_start', {})
          emit('text_chunk', { content: `You said <b>${input.message}</b>.` })
          emit('text_end', {})
          await tool({ id: 'look-1', name: 'look', input: {} }, () => Promise.race([told, aborted(signal)]))
          emit('text_start', {})
          emit('text_chunk', { content: 'Done.' })
          emit('text_end', {})
        },
        ({ url = '/' }, response) => {
          const file = files.get(url.replace(/\?.*/, ''))
          response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' })
          response.end(file?.body)
        },
      )
      context = await browser.newContext()
      page = await context.newPage()
      page.setDefaultTimeout(20_000)
      problems = []
      page.on('pageerror', ({ message }) => problems.push(message))
      await page.goto(server.url)
      await page.getByLabel('Message').fill('hello')
      await page.keyboard.press('Enter')
      await page.getByText('You said <b>hello</b>.', { exact: true }).waitFor()
    })
    afterEach(async () => {
      await context?.close()
      await server?.close()
      expect(problems).toEqual([])
    })

    it('shows a task, the same after a refresh, and its end', async () => {
      expect(await page.getByLabel('Message').inputValue()).toBe('')
      await page.getByText('look: running').waitFor()
      await page.reload()
      await page.getByText('look: running').waitFor()
      expect(await page.getByText('You said').count()).toBe(1)
      goOn()
      await page.getByText('Done.', { exact: true }).waitFor()
      await page.getByText('look: completed').waitFor()
      await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
    })

    it('stops a task, and keeps a draft that met a running one', async () => {
      await page.getByText('look: running').waitFor()
      await page.getByLabel('Message').fill('for later')
      const refused = page.waitForResponse((response) => response.status() === 409)
      await page.keyboard.press('Enter')
      await refused
      await page.getByText('look: running').waitFor()
      expect(await page.getByLabel('Message').inputValue()).toBe('for later')
      await page.getByRole('button', { name: 'Stop' }).click()
      await page.getByText('look: canceled').waitFor()
      await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' })
    })
  })
})

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
