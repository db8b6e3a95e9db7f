import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ChatRunInput, defineChatTask, type TaskContext, TaskManager } from '@outlast/core'
import { createNodeListener } from '@outlast/http-adapter/node'

/** What a chat task is given. */
export type ChatContext = TaskContext<ChatRunInput>

/** Chat tasks behind the real routes on a loopback port; everybody is one user. */
export interface ChatServer {
  readonly url: string
  readonly manager: TaskManager
  close(): Promise<void>
}

/**
 * @param run answers one message
 * @param serveRest answers what is not below `/api/tasks`
 */
export async function openChatServer(
  run: (context: ChatContext) => unknown,
  serveRest?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<ChatServer> {
  const manager = new TaskManager({ tasks: [defineChatTask({ run })] })
  const listener = createNodeListener(manager, {
    authenticate: () => ({ userId: 'ann', via: 'cookie' }),
  })
  const server = createServer((request, response) =>
    listener(request, response, serveRest && (() => serveRest(request, response))),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    manager,
    async close() {
      await manager.close({ drainMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
