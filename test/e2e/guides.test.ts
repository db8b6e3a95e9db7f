import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findChromium } from '../../scripts/lib/find-chromium.mjs'
import { type ChatContext, type ChatServer, openChatServer } from '../support/chat-server.ts'
import { launchChromium } from './chromium.ts'
import { buildGuide, type GuideFiles, type GuidePage } from './guide-pages/build-guide.ts'

const executable = findChromium()
const suite = `the pages of the guides${executable === null ? ' (skipped: no Chromium)' : ''}`

const piniaPage: GuidePage = {
  guide: 'vue.md',
  language: 'vue',
  position: 1,
  entry: `
    import { createPinia } from 'pinia'
    import { createApp } from 'vue'
    import Page from 'guide'
    createApp(Page).use(createPinia()).mount('#root')`,
}

/** Two conversations, whose messages are another array with every render. */
const conversationPage: GuidePage = {
  guide: 'react.md',
  language: 'tsx',
  position: 1,
  entry: `
    import { TaskClient } from '@outlast/client'
    import { TaskClientProvider } from '@outlast/client/react'
    import { Conversation } from 'guide'
    import { createElement, useState } from 'react'
    import { createRoot } from 'react-dom/client'

    const client = new TaskClient()
    function App() {
      const [id, setId] = useState('one')
      const [draws, setDraws] = useState(0)
      return createElement(TaskClientProvider, { client },
        createElement('button', { onClick: () => setId('two') }, 'Other conversation'),
        createElement('button', { onClick: () => setDraws(draws + 1) }, 'Draw ' + draws),
        createElement(Conversation, { id, messages: [{ id: id + '-1', text: 'History of ' + id }] }))
    }
    createRoot(document.querySelector('#root')).render(createElement(App))`,
}

describe.skipIf(executable === null)(suite, { timeout: 60_000 }, () => {
  let browser: Browser
  let files: GuideFiles
  let server: ChatServer
  let context: BrowserContext
  let page: Page
  let problems: string[]
  /** Ends the tool that every task runs. */
  let goOn: () => void

  beforeAll(async () => {
    browser = await launchChromium(executable ?? '')
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    const told = new Promise<void>((resolve) => {
      goOn = resolve
    })
    server = await openChatServer(
      (task) => answer(task, told),
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
  })
  afterEach(async () => {
    await context?.close()
    await server?.close()
    expect(problems).toEqual([])
  })

  async function send(message: string): Promise<void> {
    await page.getByLabel('Message').fill(message)
    await page.keyboard.press('Enter')
  }

  /** Lets every request to a path, below the API's, be refused. */
  async function refuse(path: string, status: number, error: string): Promise<void> {
    await page.route(`**/api/tasks${path}`, (route) =>
      route.fulfill({ status, json: { success: false, code: 'refused', error } }),
    )
  }

  const stop = () => page.getByRole('button', { name: 'Stop' })
  const seen = (text: string) => page.getByText(text, { exact: true }).waitFor()

  describe.each([
    ['react.md', 'tsx'],
    ['vue.md', 'vue'],
    ['svelte.md', 'svelte'],
    ['script-tag.md', 'html'],
  ])('%s', (guide, language) => {
    beforeAll(async () => {
      files = await buildGuide({ guide, language })
    })
    beforeEach(async () => {
      await send('hello')
      await seen('You said <b>hello</b>.')
    })

    it('shows a task, the same after a refresh, and its end', async () => {
      expect(await page.getByLabel('Message').inputValue()).toBe('')
      await seen('look: running')
      await page.reload()
      await seen('look: running')
      expect(await page.getByText('You said').count()).toBe(1)
      goOn()
      await seen('Done.')
      await seen('look: completed')
      await stop().waitFor({ state: 'hidden' })
    })

    it('stops a task, and keeps a draft that met a running one', async () => {
      await seen('look: running')
      await send('for later')
      await seen('Not sent: an answer was still being written.')
      await seen('look: running')
      expect(await page.getByLabel('Message').inputValue()).toBe('for later')
      await stop().click()
      await seen('look: canceled')
      await seen('Stopped.')
      await stop().waitFor({ state: 'hidden' })
    })

    it('says what was refused, and goes on showing it while the task goes on', async () => {
      await refuse('', 400, 'That is too long.')
      await send('for later')
      await seen('That is too long.')
      goOn()
      await seen('Done.')
      expect(await page.getByText('That is too long.').count()).toBe(1)
      expect(await page.getByLabel('Message').inputValue()).toBe('for later')
    })

    it('says why a stop was refused, and why it tries again', async () => {
      await refuse('/*/cancel', 403, 'This is not yours to stop.')
      await stop().click()
      await seen('This is not yours to stop.')
      await page.route('**/api/tasks/*?*', (route) => route.fulfill({ status: 502, body: 'Bad gateway' }))
      await page.getByText(/^\s*Trying again. HTTP 502 from/).waitFor()
      expect(await stop().isEnabled()).toBe(true)
      await page.unrouteAll()
      await page.getByText('Trying again.').waitFor({ state: 'hidden' })
    })

    it('delivers a stop that was pressed offline', async () => {
      await context.setOffline(true)
      // Before the click: the line moves the button, perhaps away from under the pointer.
      await page.getByText(/^\s*Trying again. No answer from/).waitFor()
      await stop().click()
      expect(await stop().isDisabled()).toBe(true)
      await context.setOffline(false)
      await seen('Stopped.')
    })
  })

  describe('the page of Pinia', () => {
    beforeAll(async () => {
      files = await buildGuide(piniaPage)
    })

    it('shows a task, again after a refresh, and stops it', async () => {
      await send('hello')
      await page.getByText('running').waitFor()
      await page.reload()
      await page.getByText('running').waitFor()
      await send('for later')
      await seen('Not sent: a task was running already.')
      await stop().click()
      await page.getByText('canceled').waitFor()
      await stop().waitFor({ state: 'hidden' })
    })

    it('says what was refused, and that a task cannot be read, which is then none that runs', async () => {
      await refuse('', 400, 'That is too long.')
      await send('hello')
      await seen('That is too long.')
      await page.unrouteAll()
      await refuse('/*?*', 403, 'You have signed out.')
      await send('hello')
      await page.getByText('You have signed out.').waitFor()
      expect(await stop().count()).toBe(0)
    })

    it('says that there was no server to restore from', async () => {
      await refuse('?*', 403, 'You have signed out.')
      await page.reload()
      await seen('You have signed out.')
    })
  })

  describe('the conversation of react.md', () => {
    beforeAll(async () => {
      files = await buildGuide(conversationPage)
    })

    it('shows what is sent in it, and what ran in it before a refresh', async () => {
      await send('hello')
      await seen('You said <b>hello</b>.')
      await page.reload()
      await seen('You said <b>hello</b>.')
      await seen('History of one')
      goOn()
      await seen('Done.')
    })

    it('shows nothing of it in another one, whose list fails', async () => {
      await send('hello')
      await seen('You said <b>hello</b>.')
      await refuse('?*', 403, 'You have signed out.')
      await page.getByRole('button', { name: 'Other conversation' }).click()
      await seen('You have signed out.')
      await seen('History of two')
      expect(await page.getByText('You said').count()).toBe(0)
    })

    it('looks for its task once, however often it is drawn', async () => {
      // The page that is open already may be about to ask.
      await page.goto('about:blank')
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      await page.goto(server.url)
      for (const draw of ['Draw 0', 'Draw 1', 'Draw 2'])
        await page.getByRole('button', { name: draw }).click()
      await send('hello')
      await seen('You said <b>hello</b>.')
      expect(asked.filter((url) => url.includes('conversation_id=one'))).toHaveLength(1)
    })
  })
})

describe('the files that script-tag.md names', () => {
  it('are those of the package', () => {
    const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    const { exports } = JSON.parse(read('packages/client/package.json'))
    const named = read('docs/guides/script-tag.md').matchAll(
      /`@outlast\/client(\S*)` \| `\/outlast(\S+)`|"@outlast\/client(\S*)": "\/outlast(\S+?)"/g,
    )
    const files = Array.from(named, ([, entry, file, mapped, mappedFile]) => [
      `.${entry ?? mapped}`,
      `./dist${file ?? mappedFile}`,
    ])
    expect(files.length).toBeGreaterThan(5)
    expect(files).toEqual(files.map(([entry = '']) => [entry, exports[entry]?.import.default]))
  })
})

async function answer({ emit, input, signal, tool }: ChatContext, told: Promise<void>): Promise<void> {
  emit('text_start', {})
  emit('text_chunk', { content: `You said <b>${input.message}</b>.` })
  emit('text_end', {})
  await tool({ id: 'look-1', name: 'look', input: {} }, () => Promise.race([told, aborted(signal)]))
  emit('text_start', {})
  emit('text_chunk', { content: 'Done.' })
  emit('text_end', {})
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
