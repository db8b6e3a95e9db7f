import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A TypeScript file made into one that Node can fork. */
export interface BundledWorker {
  readonly path: string
  dispose(): void
}

/** Bundles a worker and everything it imports. */
export async function bundleWorker(entry: URL): Promise<BundledWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'outlast-worker-'))
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions: ['@outlast/source', 'node'] } },
    build: {
      ssr: fileURLToPath(entry),
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  })
  return { path: join(folder, 'worker.mjs'), dispose: () => rmSync(folder, { recursive: true }) }
}
