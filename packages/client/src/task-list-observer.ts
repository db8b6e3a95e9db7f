import type { TaskInfo } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import { listTasks, type TaskListPage, type TaskListQuery } from './list-tasks.ts'
import { belongsTo, type ListedTask, listedTask } from './listed-task.ts'
import { sendRequest } from './send-request.ts'
import { snapshotSource } from './snapshot-source.ts'
import type { TaskClient } from './task-client.ts'
import { isSameTask } from './task-log.ts'
import { type Connection, pollLoop } from './transports/index.ts'

/** All that a screen shows of a list. Another object as soon as, and only when, anything in it changed. */
export interface TaskListSnapshot {
  /**
   * Newest first, those that are being created before all others. A task that did not change is the same object as
   * before; its `elapsed_ms` is as of its latest change.
   */
  readonly tasks: readonly ListedTask[]
  /** Opaque id of user and workspace; `null` before the first answer. */
  readonly viewer: string | null
  /** For `client.list`, to read on behind what is shown; `null` on the last page. */
  readonly nextCursor: string | null
  readonly connection: Connection
  /** Why the connection is `retrying` or `failed`. */
  readonly error: TaskClientError | null
  /** Why the latest task could not be created; `null` again from the next create, or `refresh`, on. */
  readonly startError: TaskClientError | null
}

/** Follows one page of the list of tasks for any number of listeners; its functions need no `this`. */
export interface TaskListObserver {
  /** Calls `listener` after changes of the snapshot, at most once a frame, until the answer is called. */
  subscribe(listener: () => void): () => void
  /** What is known now; immutable, and the same object until something changes. */
  getSnapshot(): TaskListSnapshot
  /** Something has probably changed: look at once. */
  refresh(): void
}

const liveMs = 1_000
const quietMs = 5_000
const hiddenMs = 15_000

/** A task that is being created. */
interface Starting {
  readonly task: ListedTask
  /** The server has answered: the next list that is asked for knows better. */
  readonly answered: boolean
}

/** The new list out of the old one's objects, wherever they say the same; the old list itself if all do. */
function share(before: readonly TaskInfo[], after: readonly TaskInfo[]): readonly TaskInfo[] {
  const known = new Map(before.map((task) => [task.task_id, task]))
  const shared = after.map((task) => {
    const old = known.get(task.task_id)
    return old && isSameTask(old, task) ? old : task
  })
  return shared.length === before.length && shared.every((task, at) => task === before[at]) ? before : shared
}

/**
 * Follows a list of the caller's own tasks: every second while it changes, easing to every five when it does not,
 * every fifteen while the page is hidden, at once when it is seen again. Nothing is asked without a listener.
 *
 * What `client.start` creates stands in it from the call on, and is replaced by the server's record, or taken out again
 * when the create fails.
 *
 * @example
 * const list = observeTaskList(client, { status: 'active' })
 * const unsubscribe = list.subscribe(() => render(list.getSnapshot().tasks))
 */
export function observeTaskList(
  client: TaskClient,
  query: Omit<TaskListQuery, 'signal'> = {},
): TaskListObserver {
  const { context } = client
  const { clock, platform } = context
  let page: Omit<TaskListPage, 'viewer'> & { viewer: string | null } = {
    tasks: [],
    viewer: null,
    nextCursor: null,
  }
  let starting: readonly Starting[] = []
  let tasks: readonly ListedTask[] = page.tasks
  let connection: Connection = 'idle'
  let error: TaskClientError | null = null
  let startError: TaskClientError | null = null
  let quiet = 0
  let started = 0
  let endStarts = (): void => {}

  function merge(): void {
    const listed = new Set(page.tasks.map(({ task_id }) => task_id))
    const first = starting.map(({ task }) => task).filter(({ task_id }) => !listed.has(task_id))
    tasks = first.length > 0 ? [...first, ...page.tasks] : page.tasks
  }

  /** Puts others, or none, in the place of an entry, unless nobody waits for it any more. */
  function replace(entry: Starting, ...others: Starting[]): void {
    if (!starting.includes(entry)) return
    starting = starting.flatMap((other) => (other === entry ? others : other))
    merge()
    source.publish()
    transport.wake()
  }

  async function showStart(body: unknown, answer: ReturnType<TaskClient['start']>): Promise<void> {
    const entry = { task: listedTask(body, started++, clock.now()), answered: false }
    if (belongsTo(query, entry.task)) starting = [entry, ...starting]
    startError = null
    merge()
    source.flush()
    try {
      const { task_id, status, created_at } = await answer
      replace(entry, { task: { ...entry.task, task_id, status, created_at }, answered: true })
    } catch (thrown) {
      // The caller has the error too, and a task that is running already is no failure: it is in the list.
      const isFailure = TaskClientError.is(thrown) && thrown.code !== 'task_already_running'
      if (isFailure && starting.includes(entry)) startError = thrown
      replace(entry)
    }
  }

  const transport = pollLoop({
    ...context,
    async read(_, signal) {
      const superseded = starting.filter(({ answered }) => answered)
      const list = await listTasks((request) => sendRequest(context, request), { ...query, signal })
      const shared = share(page.tasks, list.tasks)
      const fresh = shared !== page.tasks
      const interval = fresh ? liveMs : Math.min(quietMs, liveMs * 2 ** quiet)
      return {
        ...list,
        tasks: shared,
        fresh,
        superseded,
        up_to_date: true,
        poll_interval_ms: platform.isVisible() ? interval : hiddenMs,
      }
    },
    sink: {
      cursor: () => ({ from: 0, epoch: '' }),
      apply({ fresh, superseded, ...list }) {
        quiet = fresh ? 0 : quiet + 1
        page = list
        starting = starting.filter((entry) => !superseded.includes(entry))
        merge()
        return { fresh, finished: false }
      },
      reset() {},
      report(nextConnection, nextError) {
        connection = nextConnection
        error = nextError
        source.publish()
      },
    },
  })
  const source = snapshotSource<TaskListSnapshot>(
    () => ({
      tasks,
      viewer: page.viewer,
      nextCursor: page.nextCursor,
      connection,
      error,
      startError,
    }),
    {
      start() {
        endStarts = client.onStart((body, answer) => void showStart(body, answer))
        transport.start()
      },
      stop() {
        endStarts()
        transport.stop()
        starting = []
        merge()
      },
    },
    platform,
  )
  return {
    subscribe: source.subscribe,
    getSnapshot: source.getSnapshot,
    refresh() {
      startError = null
      source.publish()
      if (connection === 'failed') transport.start()
      else transport.wake()
    },
  }
}
