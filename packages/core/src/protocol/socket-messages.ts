import type { InputIssue, RequestErrorCode } from './error-body.ts'
import type { SnapshotFrame } from './event-page.ts'
import type { TaskEvent } from './events.ts'
import type { TaskInfo } from './task.ts'

/** Path of the WebSocket, below the base path. */
export const socketPath = '/ws'

/** Name of the subprotocol that carries a token, which stands behind it: `outlast.bearer.TOKEN`. */
export const tokenProtocol = 'outlast.bearer.'

/** What `task_id` is in a subscription to all own tasks. */
export const allTasks = '*'

/** Why a server closes a socket; those from 4000 on are its own. */
export const socketCloseCodes = {
  /** The server failed. Come back with growing pauses. */
  failed: 1011,
  /** The server goes, or spreads its connections anew. Come back at once. */
  restart: 1012,
  /** Nobody, or somebody else than before. Sign in first. */
  unauthenticated: 4401,
  /** Pages of this origin may not use the user's cookie. */
  forbiddenOrigin: 4403,
  /** The client did not read, or did not answer a ping. Come back by the cursors. */
  slowReader: 4408,
  /** Too many connections of the user, or too many bad messages. */
  tooMany: 4429,
} as const

/** What a client may send; each message is one JSON object, of at most 16 kB. */
export type SocketClientMessage =
  /** From a cursor on; `fold` names the folds whose snapshots the client takes, separated by commas. */
  | { op: 'subscribe'; task_id: string; from?: number; epoch?: string | null; fold?: string | null }
  | { op: 'unsubscribe'; task_id: string }
  | { op: 'ping' }
  | { op: 'auth'; token: string }
  /** So many bytes more were taken, counted as the UTF-8 of the messages. */
  | { op: 'ack'; bytes: number }

/** What a server sends. */
export type SocketServerMessage =
  | { op: 'events'; task_id: string; events: readonly TaskEvent[]; next_offset: number }
  /** The first message of a subscription, and the one after a change; `epoch` belongs to the cursor. */
  | { op: 'status'; task_id: string; epoch: string; task: TaskInfo }
  /** To those subscribed to all own tasks. */
  | { op: 'created'; task_id: string; epoch: string; task: TaskInfo }
  /** Replaces the state; events go on from `snapshot.at`. */
  | { op: 'snapshot'; task_id: string; snapshot: SnapshotFrame }
  /** The cursor is void: drop the state; events go on from `first_idx`. */
  | { op: 'reset'; task_id: string; epoch: string; first_idx: number }
  /** The task is over and everything was sent; the subscription has ended. */
  | { op: 'end'; task_id: string }
  | { op: 'pong' }
  /** With a `task_id`: that subscription has ended, or did not begin. */
  | {
      op: 'error'
      task_id: string | null
      code: RequestErrorCode
      error: string
      issues?: readonly InputIssue[]
    }
