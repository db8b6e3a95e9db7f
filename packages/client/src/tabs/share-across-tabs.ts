import type { EventPage } from '@outlast/core/protocol'
import {
  pageReader,
  pollLoop,
  type Transport,
  type TransportContext,
  type TransportFactory,
  type TransportInfo,
  type TransportSink,
  type Turn,
} from '../transports/index.ts'
import { holdLock } from './hold-lock.ts'
import { relaySink } from './relay-sink.ts'
import type { TabChannel, TabHost } from './tab-host.ts'
import { isTabMessage, type TabMessage } from './tab-message.ts'

/** A task as `TaskClient` hands it to be shared. */
export interface SharedTask extends TransportContext {
  taskId: string
  /** The client's transport, of any task of this viewer. */
  transport(taskId: string): TransportFactory
}

const beatMs = 1_000
const silenceMs = 2_000
/** Not all doubt the leader in the same instant: the first of them is the next leader, and heard by the others. */
const silenceSpreadMs = 400
/** A task that nobody asked for during so many beats is left; who listens asks with every beat. */
const wantedBeats = 5
/** Pages that came while what is before them was being read; more are read again, rather than kept. */
const mostMissed = 100

/** The same object every time: watchers compare by identity. */
const otherTab: TransportInfo = { name: 'tab', steppedDownBecause: null }

/** A task that this tab reads through the configured transport, its own or another's. */
interface Reading {
  transport: Transport
  /** The latest page without its events; `null` unless the log is followed, so that others may rely on it. */
  latest: EventPage | null
  /** Until it ends, unless somebody asks again, or it is shown here. */
  beats: number
}

/**
 * Follows a task together with the other tabs of its viewer. A tab polls to the end of the log, which tells who the
 * viewer is, and then listens: the channel between the tabs is its connection. What it misses there it polls for, and
 * when the leader is silent, or hidden while this tab is seen, it takes the lead: the lock, whose holder reads for all
 * through the configured transport. It does so only after a poll of its own went well: while the server is away, tabs
 * that took the lead from each other would help nobody. Where tabs cannot be shared it reads that way for itself.
 */
export function shareAcrossTabs(
  task: SharedTask,
  { locks, openChannel }: TabHost,
  sink: TransportSink,
): Transport {
  const { taskId, baseUrl, clock, platform, random } = task
  /** What this tab reads as the leader, or for itself alone; else nothing. */
  const readings = new Map<string, Reading>()
  /** Of the lock and the channel; empty where there is nothing to share tabs by. */
  let name = ''
  let channel: TabChannel | null = null
  let leads = false
  let turn: Turn
  let missed: EventPage[] = []
  /** When a leader was heard of that follows this task. */
  let heardAt = 0
  let leaderHidden = false
  let endLock = (): void => {}

  const post = (message: TabMessage): void => channel?.postMessage(message)
  const want = (wake: boolean): void => post({ type: 'want', taskId, cursor: sink.cursor(), wake })

  /** Whether this tab is seen, and no other one that is seen leads. */
  const isOverdue = (): boolean =>
    // A clock that was set back by more than a moment tells nothing on the leader, so that is looked after as well.
    platform.isVisible() && (leaderHidden || Math.abs(clock.now() - heardAt) >= silenceMs)

  /** Reads for itself, unless it does already. */
  const catchUp = (): void => turn.end({ phase: 'reading' })

  const doubt = (): void => {
    if (isOverdue()) catchUp()
    else listen()
  }
  const listen = (): void => turn.within(silenceMs + random() * silenceSpreadMs, doubt)

  /** Takes in what another tab has read, unless it does not fit, or is broken. */
  function take(page: EventPage): boolean {
    // A watcher that was told of the page before this one may have left.
    if (!channel) return true
    try {
      const applied = page.epoch === sink.cursor().epoch && sink.apply(page)
      if (!applied) return false
      if (applied.finished) loop.go({ phase: 'done', error: null })
      else sink.report('live', null, otherTab)
      return true
    } catch {
      return false
    }
  }

  function receive(message: TabMessage): void {
    if (leads) {
      if (message.type === 'want') serve(message)
    } else if (message.type === 'beat') {
      leaderHidden = message.hidden
      want(false)
      doubt()
    } else if (message.type === 'page' && message.page.task_id === taskId) {
      heardAt = clock.now()
      listen()
      if (take(message.page)) return
      missed = [...missed, message.page].slice(-mostMissed)
      catchUp()
    }
  }

  function askForLead(steal: boolean): void {
    const settle = (isLeader: boolean): void => {
      const isRefused = !leads && !isLeader
      leads = isLeader
      if (isRefused) {
        // The wait for a lock ends without it only where the browser has none to give.
        leave()
        name = ''
      } else if (!isLeader) askForLead(false)
      loop.go({ phase: 'following' })
    }
    endLock()
    heardAt = clock.now()
    leaderHidden = false
    endLock = holdLock(locks, name, steal, settle)
  }

  function leave(): void {
    leads = false
    missed = []
    endLock()
    channel?.close()
    channel = null
  }

  function follow(given: Turn): void {
    turn = given
    if (name && !channel) {
      try {
        channel = openChannel(name)
        channel.addEventListener('message', ({ data }) => {
          if (isTabMessage(data)) receive(data)
        })
        askForLead(false)
      } catch {
        // Browsers that keep storage from a page, or a frame, have the class and refuse to make one: alone, then.
      }
    }
    if (leads || !channel) lead()
    else {
      if (isOverdue()) askForLead(true)
      for (const page of missed.splice(0)) take(page)
      want(false)
      listen()
    }
  }

  function lead(): void {
    turn.signal.addEventListener('abort', () => {
      const ended = [...readings.values()]
      // What a transport says of its being stopped is of no interest to who watches the task.
      readings.clear()
      for (const { transport } of ended) transport.stop()
    })
    read(taskId, sink)
    if (leads) beat()
  }

  function read(id: string, target: Omit<TransportSink, 'report'>): Reading {
    let latest: EventPage
    const transport = task.transport(id)({
      ...target,
      apply(page) {
        const applied = target.apply(page)
        latest = { ...page, events: [], snapshot: null, truncated: false }
        if (applied && leads) post({ type: 'page', page })
        return applied
      },
      report(connection, error, via) {
        if (readings.get(id) !== reading) return
        reading.latest = connection === 'live' ? latest : null
        if (id !== taskId) return
        if (connection === 'done' || connection === 'failed') loop.go({ phase: connection, error })
        // Another way of reading is no news to who watches: what it takes the place of was live.
        else sink.report(connection === 'connecting' ? 'live' : connection, error, via)
      },
    })
    const reading: Reading = { transport, latest: null, beats: 0 }
    readings.set(id, reading)
    transport.start()
    return reading
  }

  function serve({ taskId: id, cursor, wake }: Extract<TabMessage, { type: 'want' }>): void {
    const reading = readings.get(id) ?? read(id, relaySink(cursor))
    reading.beats = wantedBeats
    if (wake) reading.transport.wake()
  }

  function beat(): void {
    for (const [id, reading] of readings) {
      const { transport, latest } = reading
      if (id !== taskId && !reading.beats--) {
        readings.delete(id)
        transport.stop()
      } else if (latest) post({ type: 'page', page: latest })
    }
    post({ type: 'beat', hidden: !platform.isVisible() })
    turn.within(beatMs, beat)
  }

  const loop = pollLoop({
    ...task,
    read: pageReader(task, taskId),
    sink: {
      ...sink,
      apply(page) {
        // Lock and channel have the version of what is said through them in their name: tabs may be of different builds.
        if (!channel) name = page.viewer && `outlast tabs 2 ${baseUrl} ${page.viewer}`
        return sink.apply(page)
      },
      report(connection, error) {
        if (connection === 'idle' || connection === 'done' || connection === 'failed') leave()
        // What it is read through, one's own transport tells, and another tab by being heard.
        sink.report(connection, error)
      },
    },
    platform: {
      isVisible: () => platform.isVisible(),
      // A transport that reads for this tab is woken as such.
      onWake: (listener) =>
        platform.onWake(() => {
          if (readings.size === 0) listener()
        }),
    },
    follow,
  })

  return {
    start: loop.start,
    stop: loop.stop,
    wake() {
      loop.wake()
      readings.get(taskId)?.transport.wake()
      want(true)
    },
  }
}
