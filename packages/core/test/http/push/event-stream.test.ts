import { expect, it } from 'vitest'
import {
  EventStream,
  PushHub,
  type PushLimits,
  type PushSink,
  pageQuery,
  pushLimits,
} from '../../../src/http/push/index.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { managerFor, until } from '../../support/test-manager.ts'
import { FakeLog } from './fake-log.ts'

/** A connection whose buffers are as a test says. */
class FakeSink implements PushSink {
  text = ''
  isEnded = false
  pending = 0
  needsDrain = false
  /** What is sent stays in the buffer of the connection. */
  isReading = true
  isDestroyed = false

  send(frame: { bytes(form: 'sse'): Buffer }): void {
    const bytes = frame.bytes('sse')
    this.text += bytes.toString()
    if (!this.isReading) this.pending += bytes.byteLength
  }

  beat(): void {
    this.text += ':\n\n'
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

async function openStream(
  log: FakeLog,
  sink: FakeSink,
  {
    cursor = 0,
    epoch = null,
    limits = {},
    clock = manualClock(),
    isAllowed = async () => true,
    isManagerClosed = false,
  }: {
    cursor?: number
    epoch?: string | null
    limits?: Partial<PushLimits>
    clock?: ManualClock
    isAllowed?: () => Promise<boolean>
    isManagerClosed?: boolean
  } = {},
): Promise<EventStream> {
  const manager = managerFor(() => null)
  const hub = new PushHub({
    manager: {
      ...log.manager,
      get: (id) => manager.get(id),
      list: (query) => manager.list(query),
      watchUser: (userId, onNews) => manager.watchUser(userId, onNews),
      openConnection: (userId) => manager.openConnection(userId),
      on: (name, listener) => manager.on(name, listener),
    },
    clock,
    limits: pushLimits(limits),
    report: (error) => expect.fail(String(error)),
  })
  if (isManagerClosed) await manager.close({ drainMs: 0 })
  const page = await log.manager.read('t1', pageQuery(cursor, null))
  if (page === null) throw new Error('the log is gone')
  const start = { taskId: 't1', userId: 'alice', cursor, epoch, folds: null, page, isAllowed }
  const stream = new EventStream(hub, start)
  stream.open(sink)
  return stream
}

it('goes on where a little of what it sent has not left yet, and no drain will be told of', async () => {
  const log = new FakeLog()
  log.append(2)
  const sink = new FakeSink()
  sink.isReading = false
  await openStream(log, sink, { cursor: 1, epoch: 'another' })
  await until(() => sink.text.includes('"idx":1'))
  expect(sink.text).toMatch(/^event: reset\n/)
})

it('waits where so much is pending that a drain will be told of', async () => {
  const log = new FakeLog()
  log.append(1_500)
  const sink = new FakeSink()
  sink.needsDrain = true
  const stream = await openStream(log, sink)
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(sink.text).not.toContain('"idx":1000,')
  stream.onDrain()
  await until(() => sink.text.includes('"idx":1499,'))
})

it('is not cut off for one frame that is larger than what may be pending, but for what comes on top', async () => {
  const log = new FakeLog()
  log.append(1, 'x'.repeat(50_000))
  const sink = new FakeSink()
  sink.isReading = false
  await openStream(log, sink, { limits: { maxPendingBytes: 10_000 } })
  expect(sink.text).toContain('"idx":0')
  expect(sink.isDestroyed).toBe(false)
  await until(() => log.watchers === 1)
  for (let more = 0; more < 20 && !sink.isDestroyed; more++) {
    log.append(1, 'x'.repeat(1_000))
    await until(() => sink.isDestroyed || sink.text.includes(`"idx":${log.nextIdx - 1},`))
  }
  expect(sink.isDestroyed).toBe(true)
  expect(sink.pending).toBeLessThan(65_000)
})

it('sends nothing more once it has ended, and cuts off who does not read that end', async () => {
  const log = new FakeLog()
  log.append(1)
  const sink = new FakeSink()
  const clock = manualClock()
  let isAllowed = true
  const limits = { heartbeatMs: 15_000, reauthenticateMs: 30_000 }
  await openStream(log, sink, { clock, limits, isAllowed: async () => isAllowed })
  await until(() => log.watchers === 1)
  clock.advance(20_000)
  expect(sink.text.endsWith(':\n\n')).toBe(true)
  isAllowed = false
  clock.advance(25_000)
  await until(() => sink.isEnded)
  const { text } = sink
  log.append(1)
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(log.watchers).toBe(0)
  expect(sink.isDestroyed).toBe(false)
  clock.advance(31_000)
  expect(sink.text).toBe(text)
  expect(sink.isDestroyed).toBe(true)
})

it('is recycled once, however often it is asked to', async () => {
  const log = new FakeLog()
  const sink = new FakeSink()
  const stream = await openStream(log, sink)
  stream.recycle()
  stream.recycle()
  expect(sink.text.match(/event: recycle/g)).toHaveLength(1)
})

it('that opens after the manager has closed sends its client elsewhere, and is counted no more', async () => {
  const sink = new FakeSink()
  const stream = await openStream(new FakeLog(), sink, { isManagerClosed: true })
  await until(() => sink.isEnded)
  expect(sink.text).toMatch(/event: recycle\nretry: \d+\ndata: \{"retry_ms":\d+\}\n\n$/)
  expect(stream.isClosed).toBe(true)
})
