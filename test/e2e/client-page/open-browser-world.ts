import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { type HostileProxy, openHostileProxy } from '../../support/hostile/hostile-proxy.ts'
import { type OpenTask, openTaskServer, type TaskServer } from '../../support/hostile/task-server.ts'
import type { ServePage } from './build-page.ts'
import type { ShownState } from './page-probe.ts'

/** A page in a browser, and a hostile proxy between it and its server. */
export interface BrowserWorld {
  server: TaskServer
  proxy: HostileProxy
  context: BrowserContext
  page: Page
  /** Opens the page anew, with a query such as `?transport=poll`. */
  open(query?: string): Promise<void>
  /** Has the page start a task, and waits until it runs. */
  start(): Promise<{ taskId: string; task: OpenTask }>
  /** Waits until the page shows this and no other text. */
  untilText(text: string): Promise<void>
  /** What was shown so far. */
  states(): Promise<readonly ShownState[]>
  /** Milliseconds from what the browser said, such as `online`, to the first screen with this text; it may be before. */
  catchUpMs(mark: string, text: string): Promise<number>
  /** Waits for the end of the task, and compares what was shown with the log and with what no screen may show. */
  expectHonestEnd(taskId: string): Promise<void>
  close(): Promise<void>
}

/** By a timer: frames are drawn of visible pages alone. */
const everySoOften = { polling: 50 }

/** Opens a page of a context, which it leaves open when it closes. */
export async function openBrowserWorld(context: BrowserContext, servePage: ServePage): Promise<BrowserWorld> {
  const server = await openTaskServer(servePage)
  const proxy = await openHostileProxy(server.port)
  const page = await context.newPage()
  await page.setViewportSize({ width: 1280, height: 860 })
  const crashes: string[] = []
  page.on('pageerror', (error) => crashes.push(error.message))
  const states = (): Promise<readonly ShownState[]> => page.evaluate(() => probe.states)

  return {
    server,
    proxy,
    context,
    page,
    async open(query = '') {
      await page.goto(`${proxy.url}/${query}`)
      await page.waitForFunction(() => 'probe' in globalThis)
    },
    async start() {
      const taskId = await page.evaluate(() => probe.start('go'))
      return { taskId, task: await server.opened(taskId) }
    },
    async untilText(text) {
      await page.waitForFunction((wanted) => probe.states.at(-1)?.text === wanted, text, everySoOften)
    },
    states,
    async catchUpMs(mark, text) {
      const told = await page.evaluate((name) => probe.marks[name], mark)
      const shown = (await states()).find((state) => state.text === text)
      if (told === undefined || shown === undefined) throw new Error(`"${mark}" or "${text}" never came`)
      return shown.at - told
    },
    async expectHonestEnd(taskId) {
      await page.waitForFunction(() => probe.states.at(-1)?.connection === 'done', null, everySoOften)
      const { events, next_offset } = await server.read(taskId)
      const texts = events.map(({ type, data }) =>
        type === 'text_chunk' ? (data as { content: string }).content : '',
      )
      const seen = await states()
      expect(seen.at(-1)).toMatchObject({ nextOffset: next_offset, text: texts.join(''), error: null })
      let before = ''
      for (const { connection, error, text } of seen) {
        expect(text.startsWith(before)).toBe(true)
        before = text
        expect(connection).not.toBe('failed')
        if (connection !== 'retrying') expect(error).toBeNull()
      }
      expect(await page.getByRole('alert').textContent()).toBe('')
      expect(await server.list()).toHaveLength(1)
      expect(crashes).toEqual([])
    },
    async close() {
      await page.close()
      await proxy.close()
      await server.close()
    },
  }
}
