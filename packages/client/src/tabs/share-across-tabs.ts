import type { EventPage } from '@outlast/core/protocol'
import type { Clock, Platform } from '../platform/index.ts'
import type {
  AppliedPage,
  Cursor,
  Transport,
  TransportFactory,
  TransportInfo,
  TransportSink,
} from '../transports/index.ts'
import { holdLock } from './hold-lock.ts'
import { relaySink } from './relay-sink.ts'
import type { TabChannel, TabHost } from './tab-host.ts'
import type { TabMessage } from './tab-message.ts'
import { type TabEvent, type TabRole, tabDuties, tabRoles } from './tab-role.ts'

/** A task as `TaskClient` hands it to be shared. */
export interface SharedTask {
  taskId: string
  /** The server's task routes; names the lock and the channel, together with the viewer. */
  baseUrl: string
  /** The client's transport, of any task of this viewer. */
  transport(taskId: string): TransportFactory
  /** Polling, for what a tab has to read for itself; its pages tell the viewer. */
  poll(taskId: string): TransportFactory
  clock: Clock
  platform: Pick<Platform, 'isVisible' | 'onWake'>
  /** At least 0, below 1. */
  random(): number
}

const beatMs = 1_000
const silenceMs = 2_000
/** Not all doubt the leader in the same instant: the first of them is the next leader, and heard by the others. */
const silenceSpreadMs = 400
/** A task that nobody asked for that long is left; who listens asks with every beat. */
const wantedMs = 5_000
/** Pages that came while what is before them was being read; more are read again, rather than kept. */
const mostMissed = 100

/** The same object every time: watchers compare by identity. */
const otherTab: TransportInfo = { name: 'tab', steppedDownBecause: null }

/** A task that this tab reads, its own or another's. */
interface Reading {
  transport: Transport
  sink: TransportSink
  /** Whether it follows the log, so that others may rely on it. */
  live: boolean
  /** When it ends unless somebody asks again. */
  until: number
}

/** Does what {@link tabRoles} decides: reads, waits for the lead, tells the other tabs and listens to them. */
export function shareAcrossTabs(
  task: SharedTask,
  { locks, openChannel }: TabHost,
  sink: TransportSink,
): Transport {
  const { taskId, baseUrl, clock, platform, random } = task
  const readings = new Map<string, Reading>()
  let role: TabRole = 'stopped'
  let viewer = ''
  let opened = false
  let channel: TabChannel | null = null
  let missed: EventPage[] = []
  let heardAt = 0
  let leaderHidden = false
  let endTimer = (): void => {}
  let endWaking = (): void => {}
  let endLock = (): void => {}

  const post = (message: TabMessage): void => channel?.postMessage(message)
  const want = (): void => post({ type: 'want', taskId, cursor: sink.cursor() })

  /** Whether this tab is seen, and no other one that is seen leads. */
  const isOverdue = (): boolean =>
    platform.isVisible() && (leaderHidden || clock.now() - heardAt >= silenceMs)

  function hear(): void {
    heardAt = clock.now()
    endTimer()
    endTimer = clock.schedule(
      () => {
        if (isOverdue()) dispatch('doubt')
      },
      silenceMs + random() * silenceSpreadMs,
    )
  }

  function beat(): void {
    const cursors = new Map<string, Cursor>()
    for (const [id, { transport, sink, live, until }] of readings) {
      if (until < clock.now()) {
        readings.delete(id)
        transport.stop()
      } else if (live) cursors.set(id, sink.cursor())
    }
    post({ type: 'beat', hidden: !platform.isVisible(), cursors })
    endTimer = clock.schedule(beat, beatMs)
  }

  /** Takes in what another tab has read. A page that does not fit, or is broken, leads to a read of one's own. */
  function apply(page: EventPage): AppliedPage | null {
    try {
      return page.epoch === sink.cursor().epoch ? sink.apply(page) : null
    } catch {
      return null
    }
  }

  function finish(): void {
    dispatch('end')
    sink.report('done', null)
  }

  function take(page: EventPage): void {
    const applied = apply(page)
    if (applied?.finished) finish()
    else if (applied) sink.report('live', null, otherTab)
    else {
      missed = [...missed, page].slice(-mostMissed)
      dispatch('miss')
    }
  }

  function receive(message: TabMessage): void {
    if (role === 'leading') {
      if (message.type === 'wake') readings.get(message.taskId)?.transport.wake()
      if (message.type === 'want') serve(message)
      return
    }
    if (message.type === 'page' && message.page.task_id === taskId) {
      hear()
      take(message.page)
    } else if (message.type === 'beat') {
      const [mine, theirs] = [sink.cursor(), message.cursors.get(taskId)]
      leaderHidden = message.hidden
      want()
      if (theirs) hear()
      if (theirs?.epoch && (theirs.epoch !== mine.epoch || theirs.from > mine.from)) dispatch('miss')
    } else return
    dispatch(isOverdue() ? 'doubt' : 'hear')
  }

  function serve({ taskId, cursor }: Extract<TabMessage, { type: 'want' }>): void {
    const until = clock.now() + wantedMs
    const reading = readings.get(taskId)
    if (reading) reading.until = Math.max(reading.until, until)
    else read(taskId, task.transport(taskId), relaySink(cursor), until)
  }

  function read(id: string, factory: TransportFactory, target: TransportSink, until: number): void {
    const transport = factory({
      cursor: () => target.cursor(),
      apply(page) {
        const applied = target.apply(page)
        if (applied && role === 'leading') post({ type: 'page', page })
        return applied
      },
      reset: () => target.reset(),
      report(connection, error, via) {
        // What a transport says of its being stopped is of no interest to who watches the task.
        if (readings.get(id) !== reading) return
        reading.live = connection === 'live'
        target.report(connection, error, via)
      },
    })
    const reading: Reading = { transport, sink: target, live: false, until }
    readings.set(id, reading)
    transport.start()
  }

  const own: TransportSink = {
    cursor: () => sink.cursor(),
    apply(page) {
      if (role === 'joining') viewer = page.viewer
      return sink.apply(page)
    },
    reset: () => sink.reset(),
    report(connection, error, via) {
      let ended = connection === 'done'
      if (connection === 'live') {
        opened = true
        for (const page of missed.splice(0)) ended = apply(page)?.finished ?? ended
      }
      if (ended) return finish()
      // Another way of reading is no news to who watches: what it takes the place of was live.
      sink.report(connection === 'connecting' && opened ? 'live' : connection, error, via)
      if (connection === 'failed') dispatch('fail')
      if (connection === 'live') dispatch(role === 'joining' && !viewer ? 'part' : 'read')
    },
  }

  /** Lock and channel have the version of what is said through them in their name: tabs may be of different builds. */
  const nameOf = (): string => `outlast tabs 1 ${baseUrl} ${viewer}`

  function join(lock: 'wait' | 'steal'): void {
    if (channel === null) {
      channel = openChannel(nameOf())
      channel.addEventListener('message', ({ data }) => receive(data as TabMessage))
      endWaking = platform.onWake(() => dispatch(isOverdue() ? 'doubt' : 'miss'))
    }
    leaderHidden = false
    hear()
    want()
    const granted = (): unknown => dispatch('grant')
    endLock = holdLock(locks, nameOf(), lock === 'steal', granted, () => dispatch('lose'))
  }

  function leave(): void {
    endWaking()
    channel?.close()
    channel = null
  }

  /** Whether the event meant anything to the role. */
  function dispatch(event: TabEvent): boolean {
    const next = tabRoles[role][event]
    if (next === undefined) return false
    const before = tabDuties[role]
    const { reads, lock } = tabDuties[next]
    role = next
    if (reads !== before.reads) {
      const ended = [...readings.values()]
      readings.clear()
      for (const { transport } of ended) transport.stop()
    }
    if (lock !== before.lock) {
      endTimer()
      if (lock !== 'keep') endLock()
      if (!lock) leave()
      else if (lock === 'keep') beat()
      else join(lock)
    }
    if (reads && reads !== before.reads) read(taskId, task[reads](taskId), own, Number.POSITIVE_INFINITY)
    return true
  }

  return {
    start() {
      dispatch('start')
    },
    stop() {
      if (dispatch('stop')) sink.report('idle', null)
    },
    wake() {
      readings.get(taskId)?.transport.wake()
      post({ type: 'wake', taskId })
    },
  }
}
