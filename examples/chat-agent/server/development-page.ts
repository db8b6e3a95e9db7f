import { join } from 'node:path'
import type { RequestHandler } from 'express'
import { exampleFolder } from './folders.ts'

/** Serves the page from its sources, and reloads it when they change (`npm run dev`). */
export async function developmentPage(): Promise<RequestHandler> {
  const { createServer } = await import('vite')
  const vite = await createServer({
    configFile: join(exampleFolder, 'web/vite.config.ts'),
    server: { middlewareMode: true },
  })
  return vite.middlewares
}
