import type { EventPage } from '@outlast/core/protocol'
import { TaskClientError } from '../../src/errors.ts'
import { type SharedTask, tabs } from '../../src/tabs/index.ts'
import { applyPage, emptyLog, isFinished, type TaskLog } from '../../src/task-log.ts'
import {
  type AppliedPage,
  type Connection,
  type Cursor,
  pollLoop,
  type Transport,
  type TransportFactory,
  type TransportSink,
} from '../../src/transports/index.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { makeTask } from '../support/fake-server.ts'
import { FakeBrowser, type FakeTab } from './fake-browser.ts'

/** What the server has of one task. */
interface FakeTask {
  events: number
  finished: boolean
  epoch: string
}

/** What to open; by default a new tab of ann's on the task `t1`. */
export interface ScreenOptions {
  taskId?: string
  viewer?: string
  tab?: FakeTab
}

/** A server of any number of tasks, each viewer's own, and a browser whose tabs follow them. */
export class TabWorld {
  readonly clock: FakeClock = new FakeClock()
  readonly browser: FakeBrowser = new FakeBrowser(this.clock)
  readonly reads: { at: number; tab: FakeTab; taskId: string }[] = []
  down = false
  /** Every read is refused for good. */
  refuses = false
  pollIntervalMs = 150
  readonly #tasks = new Map<string, FakeTask>()

  task(taskId = 't1', viewer = 'ann'): FakeTask {
    const key = `${viewer}/${taskId}`
    const task = this.#tasks.get(key) ?? { events: 0, finished: false, epoch: 'e1' }
    this.#tasks.set(key, task)
    return task
  }

  emit(count = 1, taskId = 't1', viewer = 'ann'): void {
    const task = this.task(taskId, viewer)
    if (!task.finished) task.events += count
  }

  finish(taskId = 't1', viewer = 'ann'): void {
    this.emit(1, taskId, viewer)
    this.task(taskId, viewer).finished = true
  }

  page(taskId: string, viewer: string, { from, epoch: asked }: Cursor): EventPage {
    const { events, finished, epoch } = this.task(taskId, viewer)
    if (asked !== null && asked !== epoch) throw new TaskClientError('cursor_void', 'void', { status: 410 })
    const page = Array.from({ length: Math.max(0, events - from) }, (_, at) => ({
      idx: from + at,
      type: finished && from + at === events - 1 ? 'task_complete' : 'text_chunk',
      data: { content: `${viewer} ${from + at}`, status: 'succeeded' },
      ts: 1,
    }))
    return {
      ...makeTask({ task_id: taskId, status: finished ? 'succeeded' : 'running' }),
      events: page,
      next_offset: Math.max(from, events),
      first_idx: 0,
      epoch,
      up_to_date: true,
      truncated: false,
      poll_interval_ms: this.pollIntervalMs,
      viewer,
      snapshot: null,
    }
  }

  /** The answer of half a latency ago, in a tab that may be frozen or closed by then. */
  read(tab: FakeTab, taskId: string, viewer: string, cursor: Cursor): Promise<EventPage> {
    this.reads.push({ at: this.clock.now(), tab, taskId })
    const { clock } = this
    const half = tab.latencyMs / 2
    const answer = (): EventPage => {
      if (this.refuses) throw new TaskClientError('unauthenticated', 'who?', { status: 401 })
      if (this.down) throw new TaskClientError('network_error', 'down')
      return this.page(taskId, viewer, cursor)
    }
    return new Promise((resolve, reject) => {
      clock.schedule(() => {
        const answered = new Promise<EventPage>((made) => made(answer()))
        clock.schedule(() => tab.run(() => answered.then(resolve, reject)), half)
        answered.catch(() => {})
      }, half)
    })
  }

  /** A tab that shows a task. */
  open({ taskId = 't1', viewer = 'ann', tab = this.browser.openTab() }: ScreenOptions = {}): Screen {
    return new Screen(this, tab, taskId, viewer)
  }
}

/** What one tab shows of one task, and through what it gets it. */
export class Screen {
  readonly tab: FakeTab
  readonly viewer: string
  readonly taskId: string
  readonly transport: Transport
  readonly connections: Connection[] = []
  log: TaskLog = emptyLog
  /** Every event that was shown, as it came. */
  shown: string[] = []
  /** Tasks that the configured transport is open for: in no more than one tab for long. */
  readonly following: Set<string> = new Set()

  constructor(world: TabWorld, tab: FakeTab, taskId: string, viewer: string) {
    this.tab = tab
    this.viewer = viewer
    this.taskId = taskId
    const { clock, platform, host } = tab
    const random = (): number => 0.5
    const poll =
      (id: string): TransportFactory =>
      (sink) =>
        pollLoop({
          read: (cursor) => world.read(tab, id, viewer, cursor),
          sink,
          clock,
          platform,
          random,
        })
    const transport =
      (id: string): TransportFactory =>
      (sink) => {
        const { start, stop, wake } = poll(id)(sink)
        return {
          start: () => {
            this.following.add(id)
            start()
          },
          stop: () => {
            this.following.delete(id)
            stop()
          },
          wake,
        }
      }
    const shared: SharedTask = {
      taskId,
      transport,
      baseUrl: '/api/tasks',
      client: {
        read: (id, { from = 0, epoch = null } = {}) => world.read(tab, id, viewer, { from, epoch }),
      },
      // Nothing is sent but through the client.
      fetch: () => Promise.reject(new Error('no network')),
      headers: undefined,
      credentials: 'same-origin',
      clock,
      platform,
      random,
    }
    const sink: TransportSink = {
      cursor: () => this.cursor(),
      apply: (page) => this.apply(page),
      reset: () => this.reset(),
      report: (connection) => this.report(connection),
    }
    this.transport = tabs(host)(shared)(sink)
    this.transport.start()
  }

  get connection(): Connection | undefined {
    return this.connections.at(-1)
  }

  cursor(): Cursor {
    return { from: this.log.next, epoch: this.log.epoch }
  }

  apply(page: EventPage): AppliedPage | null {
    const before = this.log
    const log = applyPage(before, page)
    if (log === null) return null
    this.log = log
    for (const { idx, data } of page.events)
      if (idx >= before.next) this.shown.push((data as { content: string }).content)
    return { fresh: log.next > before.next, finished: isFinished(log) }
  }

  reset(): void {
    this.log = emptyLog
    this.shown = []
  }

  report(connection: Connection): void {
    this.connections.push(connection)
  }
}
