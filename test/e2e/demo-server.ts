import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Answerer } from '../../examples/chat-agent/server/answerer.ts'
import { builtPage } from '../../examples/chat-agent/server/built-page.ts'
import { offlineAnswerer } from '../../examples/chat-agent/server/choose-answerer.ts'
import { type RunningServer, startServer } from '../../examples/chat-agent/server/start-server.ts'

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** A little slower than in the demo, so that there is time to refresh in the middle on a busy machine too. */
const pace = 1.5

const checkout = fromRoot('')

/** Builds the demo's page from the sources; answers its folder. */
export async function buildPage(): Promise<string> {
  const page = fromRoot('test-results/demo-page')
  await build({
    configFile: fromRoot('examples/chat-agent/web/vite.config.ts'),
    logLevel: 'warn',
    resolve: { conditions: ['@outlast/source', 'module', 'browser', 'production', 'import', 'default'] },
    build: { outDir: page },
  })
  return page
}

/** Serves a built page, with the offline agent unless somebody else is to answer. */
export function serveDemo(
  page: string,
  answerer: Answerer = offlineAnswerer(checkout, pace),
): Promise<RunningServer> {
  return startServer({ answerer, checkout, page: builtPage(page) }, { host: '127.0.0.1', port: 0 })
}
