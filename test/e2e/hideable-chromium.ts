import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** A browser whose pages are hidden when another tab comes to the front, as those of users are. */
export interface HideableChromium {
  browser: Browser
  /** The one context whose pages can be hidden. */
  context: BrowserContext
  close(): Promise<void>
}

/**
 * Starts a Chromium with a fresh profile. Playwright's own way to start one keeps every page visible and awake; here it
 * only drives the browser.
 */
export async function launchHideableChromium(executablePath: string): Promise<HideableChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'outlast-chromium-'))
  const child = spawn(
    executablePath,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const endpoint = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stderr })
    lines.on('line', (line) => {
      const [, url] = /^DevTools listening on (\S+)/.exec(line) ?? []
      if (url !== undefined) resolve(url)
    })
    lines.once('close', () => reject(new Error('Chromium has ended before it could be driven')))
    child.once('error', reject)
  })
  const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true, isLocal: true })
  const [context] = browser.contexts()
  if (context === undefined) throw new Error('Chromium has no context of its own')
  return {
    browser,
    context,
    async close() {
      await browser.close()
      child.kill('SIGKILL')
      await exited
      // Its children end a moment after it, and write until then.
      await rm(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
    },
  }
}
