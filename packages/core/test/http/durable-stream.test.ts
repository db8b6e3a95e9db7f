import { describe, expect, it } from 'vitest'
import { DurableStream } from '../../src/http/durable/index.ts'
import { PushHub, type PushSink, pageQuery, pushLimits } from '../../src/http/push/index.ts'
import { manualClock } from '../support/manual-clock.ts'
import { until } from '../support/test-manager.ts'
import { FakeLog } from './push/fake-log.ts'

/** What a reader of an event stream is sent. */
interface Reading {
  log: FakeLog
  /** Idxs of the events of each `data`. */
  data(): number[][]
  controls(): Record<string, unknown>[]
  readonly isEnded: boolean
}

/** Opens an event stream of a log that holds `count` events. */
async function open(count: number, cursor = 0): Promise<Reading> {
  const log = new FakeLog()
  log.append(count)
  const hub = new PushHub({
    manager: {
      ...log.manager,
      get: async () => null,
      list: async () => ({ tasks: [], nextCursor: null }),
      watchUser: () => () => {},
      openConnection: () => () => {},
      on: () => () => {},
    },
    clock: manualClock(),
    limits: pushLimits(),
    report: (error) => expect.fail(String(error)),
  })
  const page = await log.manager.read(log.taskId, pageQuery(cursor, null))
  const stream = new DurableStream(hub, {
    taskId: log.taskId,
    userId: 'alice',
    cursor,
    epoch: log.epoch,
    folds: null,
    page: page ?? expect.fail('the log is gone'),
    sentCursor: null,
    isAllowed: async () => true,
  })
  let text = ''
  let isEnded = false
  const sink: PushSink = {
    send(frame) {
      expect(isEnded).toBe(false)
      text += frame.bytes('sse').toString()
    },
    beat: () => {},
    pending: 0,
    needsDrain: false,
    end() {
      isEnded = true
    },
    destroy: () => {},
  }
  stream.open(sink)
  const of = (name: string): unknown[] =>
    text.split('\n\n').flatMap((frame) => {
      const [event, data = ''] = frame.split('\n')
      return event === `event: ${name}` ? [JSON.parse(data.slice('data:'.length))] : []
    })
  return {
    log,
    data: () => (of('data') as { idx: number }[][]).map((events) => events.map(({ idx }) => idx)),
    controls: () => of('control') as Record<string, unknown>[],
    get isEnded() {
      return isEnded
    },
  }
}

describe('an event stream of Durable Streams', () => {
  it('tells after each list of events where to go on, and once that the stream is closed', async () => {
    const reading = await open(3)
    await until(() => reading.log.watchers === 1)
    reading.log.append(2)
    await until(() => reading.data().length === 2)
    reading.log.end()
    await until(() => reading.isEnded)
    expect(reading.data()).toEqual([[0, 1, 2], [3, 4], [5]])
    expect(reading.controls()).toEqual([
      { streamNextOffset: '0000000000000003_e1', streamCursor: expect.any(String), upToDate: true },
      { streamNextOffset: '0000000000000005_e1', streamCursor: expect.any(String), upToDate: true },
      { streamNextOffset: '0000000000000006_e1', upToDate: true, streamClosed: true },
    ])
  })

  it('tells a reader that stands at the end so, and calls nothing the end that is not', async () => {
    const atEnd = await open(3, 3)
    await until(() => atEnd.controls().length === 1)
    expect(atEnd.data()).toEqual([])
    expect(atEnd.controls()[0]).toMatchObject({ streamNextOffset: '0000000000000003_e1', upToDate: true })
    const farBehind = await open(1_500)
    await until(() => farBehind.data().length === 2)
    expect(farBehind.controls().map(({ upToDate = false }) => upToDate)).toEqual([false, true])
  })

  it('ends when the log is begun anew, without an event of the new one', async () => {
    const reading = await open(3)
    await until(() => reading.log.watchers === 1)
    reading.log.recreate('e2')
    reading.log.append(9)
    await until(() => reading.isEnded)
    expect(reading.data()).toEqual([[0, 1, 2]])
    expect(reading.controls()).toHaveLength(1)
  })
})
