import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Bundles the script of a page from the packages' sources; answers its code. */
export async function bundlePage(script: URL): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@outlast/source', 'module', 'browser', 'production', 'import', 'default'] },
    build: {
      write: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: { input: fileURLToPath(script) },
    },
  })
  if (!('output' in built)) throw new Error('one page makes one bundle')
  return built.output[0].code
}
