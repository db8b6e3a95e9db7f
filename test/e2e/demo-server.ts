import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { builtPage } from '../../examples/chat-agent/server/built-page.ts'
import { offlineAnswerer } from '../../examples/chat-agent/server/choose-answerer.ts'
import { type RunningServer, startServer } from '../../examples/chat-agent/server/start-server.ts'

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Three times as slow as in the demo, so that there is time to refresh in the middle. */
const pace = 3

/** Builds the demo's page from the sources and serves it with the offline agent. */
export async function startDemo(): Promise<RunningServer> {
  const page = fromRoot('test-results/demo-page')
  await build({
    configFile: fromRoot('examples/chat-agent/web/vite.config.ts'),
    logLevel: 'warn',
    resolve: { conditions: ['@outlast/source', 'module', 'browser', 'production', 'import', 'default'] },
    build: { outDir: page },
  })
  const checkout = fromRoot('')
  return startServer(
    { answerer: offlineAnswerer(checkout, pace), checkout, page: builtPage(page) },
    { host: '127.0.0.1', port: 0 },
  )
}
