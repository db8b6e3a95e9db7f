import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ChatAppOptions, createChatApp } from './app.ts'

/** A server that listens. */
export interface RunningServer {
  url: string
  /** Takes no more requests, gives running tasks `drainMs` to end, stops the rest, and resolves when all is closed. */
  close(drainMs: number): Promise<void>
}

/** Starts the demo; port 0 is any free one. Rejects when it cannot listen. */
export async function startServer(
  options: ChatAppOptions,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const { app, manager } = createChatApp(options)
  const server = createServer(app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close(drainMs) {
      const closed = new Promise((resolve) => server.close(resolve))
      await manager.close({ drainMs })
      // Keep-alive connections of browsers would hold the server open.
      server.closeAllConnections()
      await closed
      // Last: until here somebody may still have been reading.
      await options.store?.close()
    },
  }
}
