import type { ServerProcess, Servers } from './fork-server.ts'
import type { ServerSetup } from './server-messages.ts'

/** Servers that share what they store; the first one creates and runs the tasks. */
export type Nodes = readonly [ServerProcess, ...ServerProcess[]]

/** A way to store, with as many processes as it can serve. */
export interface Backend {
  name: string
  start(servers: Servers, setup?: Partial<ServerSetup>): Promise<Nodes>
}

/** What is in memory has one process; what is in a file has two. */
export const backends: readonly Backend[] = [
  { name: 'one process with a memory store', start: async (servers, setup) => [await servers.start(setup)] },
  {
    name: 'two processes with one SQLite file',
    async start(servers, setup) {
      const file = servers.newFile()
      return [await servers.start({ ...setup, file }), await servers.start({ ...setup, file })]
    },
  },
]
