import type { TaskLimits } from '@outlast/core'
import type { PushLimits } from '@outlast/core/http'

/** What a server's process is started with. */
export interface ServerSetup {
  /** Where the SQLite driver is; its store is used where there is a file. */
  driver: string
  file: string | null
  limits: Partial<TaskLimits>
  push: Partial<PushLimits>
}

/** What the test asks of a server's process. */
export type ServerRequest =
  /** Has a task of type `open` emit so many events, so many to a write, with a pause of `everyMs` between two writes. */
  | { ask: 'write'; taskId: string; count: number; each: number; everyMs: number; text: string }
  | { ask: 'end'; taskId: string }
  | { ask: 'facts' }

/** What is known of a server's process. */
export interface ServerFacts {
  /** Bytes that JavaScript holds, after a collection where the process can collect. */
  heldBytes: number
  /** Open event streams and sockets. */
  connections: number
  /** Of the manager: whoever waits for news of a task. */
  watchers: number
  /** Times that the signal of a runner has fired. */
  aborted: number
  /** Failures that the application was told of. */
  failures: readonly string[]
}

/** What a server's process says. */
export type ServerMessage =
  | { say: 'ready'; port: number }
  | { say: 'runs'; taskId: string }
  | { say: 'done'; number: number; facts: ServerFacts | null }
