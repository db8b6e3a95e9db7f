import type { Clock } from '../../clock.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import type { Json, ReadPage, TaskRecord } from '../../store/index.ts'
import { toTaskInfo } from '../to-task-info.ts'
import { Frame, type News, type Reach } from './frame.ts'
import type { LogWatcher } from './log-watcher.ts'
import { taskState } from './task-state.ts'

/** Words what is sent of one task's log, to one watcher or to many. */
export class LogFrames {
  readonly #taskId: string
  readonly #clock: Clock

  constructor(taskId: string, clock: Clock) {
    this.#taskId = taskId
    this.#clock = clock
  }

  frame(epoch: string, news: News): Frame {
    return new Frame(this.#taskId, epoch, news)
  }

  /** Events of a page of the task as it is now. */
  events(task: TaskRecord, from: number, events: readonly Json[]): Frame {
    const reach = reachOf(task, from + events.length)
    return this.frame(task.epoch, { type: 'events', from, events, reach })
  }

  /** Sends the task's own state to those who do not know it yet. */
  tell(watchers: Iterable<LogWatcher>, task: TaskRecord): void {
    const state = taskState(task)
    let frame: Frame | null = null
    for (const watcher of watchers) {
      if (watcher.told === state) continue
      watcher.told = state
      frame ??= this.frame(task.epoch, {
        type: 'status',
        task: JSON.stringify(toTaskInfo(task, this.#clock.now())),
      })
      watcher.send(frame)
    }
  }

  /** Sends one watcher a page of its own. */
  deliver(watcher: LogWatcher, { task, snapshot, from, events }: ReadPage): void {
    watcher.epoch = task.epoch
    this.tell([watcher], task)
    if (snapshot !== null) {
      const { at, fold, state } = snapshot
      const json = `{"at":${at},"fold":${JSON.stringify(fold)},"state":${state}}`
      watcher.send(this.frame(task.epoch, { type: 'snapshot', at, snapshot: json }))
    } else if (from > watcher.cursor) this.reset(watcher, task)
    watcher.cursor = from
    if (events.length === 0) return
    watcher.send(this.events(task, from, events))
    watcher.cursor = from + events.length
  }

  /** Tells a watcher that its cursor is void. */
  reset(watcher: LogWatcher, task: TaskRecord): void {
    watcher.epoch = task.epoch
    watcher.send(this.frame(task.epoch, { type: 'reset', firstIdx: task.firstIdx }))
  }
}

function reachOf(task: TaskRecord, end: number): Reach {
  if (end < task.nextIdx) return 'page'
  return isFinalStatus(task.status) ? 'end' : 'tail'
}
