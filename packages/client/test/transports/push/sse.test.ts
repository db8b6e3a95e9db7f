import { describe, expect, test } from 'vitest'
import { sse } from '../../../src/transports/push/index.ts'
import { makeTask, refusal } from '../../support/fake-server.ts'
import { textOf, watch } from '../../support/make-world.ts'
import { type FakeStream, makeStreamWorld } from './fake-streams.ts'

type StreamWorld = ReturnType<typeof makeStreamWorld>

const chunk = (idx: number, content: string): { idx: number; type: string; data: object } => ({
  idx,
  type: 'text_chunk',
  data: { content },
})

async function open(
  options = {},
): Promise<
  StreamWorld & ReturnType<typeof watch> & { stream: FakeStream; snapshot: () => ReturnType<typeof read> }
> {
  const world = makeStreamWorld({ transport: sse(), ...options })
  world.server.text('a')
  const observer = world.client.observe('t1')
  const read = () => observer.getSnapshot()
  const watched = watch(observer)
  await world.clock.advance(0)
  const [stream] = world.streams
  if (stream === undefined) throw new Error('no stream was asked for')
  return { ...world, ...watched, stream, snapshot: read }
}
declare function read(): ReturnType<ReturnType<StreamWorld['client']['observe']>['getSnapshot']>

describe('an event stream', () => {
  test('is asked for at the cursor that a read has given, with the headers of every request', async () => {
    const { server, stream, snapshot } = await open({ headers: () => ({ authorization: 'Bearer x' }) })
    expect(server.reads).toHaveLength(1)
    expect(Object.fromEntries(stream.url.searchParams)).toEqual({
      from: '1',
      epoch: 'e1',
      snapshot: 'blocks@1',
    })
    expect(stream.headers.get('authorization')).toBe('Bearer x')
    expect(stream.headers.get('accept')).toBe('text/event-stream')
    expect(snapshot()).toMatchObject({ connection: 'live', transport: { name: 'sse' } })
    expect(textOf(snapshot())).toBe('a')
  })

  test('makes one new state of all that comes at once', async () => {
    const { clock, stream, seen } = await open()
    const before = seen.length
    stream.sendEvents(...Array.from({ length: 500 }, (_, index) => chunk(index + 1, '.')))
    await clock.advance(0)
    expect(seen.slice(before).map((snapshot) => snapshot.nextOffset)).toEqual([501])
  })

  test('takes snapshots and changes of status in', async () => {
    const { clock, stream, server, snapshot, client } = await open()
    server.text('b', 'c')
    const state = { ...snapshot(), next: 3, blocks: [{ ...snapshot().blocks[0], content: 'abc' }] }
    stream.send(`event: status\ndata: ${JSON.stringify(makeTask({ status: 'cancel_requested' }))}\n\n`)
    stream.send(`id: e1.2\nevent: snapshot\ndata: ${JSON.stringify({ at: 3, fold: 'blocks@1', state })}\n\n`)
    await clock.advance(0)
    expect(snapshot()).toMatchObject({ status: 'cancel_requested', nextOffset: 3, connection: 'live' })
    expect(textOf(snapshot())).toBe('abc')
    expect(client).toBeDefined()
  })

  test('that ends with the task ends all of it', async () => {
    const { clock, stream, streams, server, snapshot, platform } = await open()
    stream.sendEvents({ idx: 1, type: 'task_complete', data: { status: 'succeeded' } })
    await clock.advance(0)
    // The record says whether it is over, and it comes after the event.
    expect(snapshot().connection).toBe('live')
    stream.send(
      `event: status\ndata: ${JSON.stringify(makeTask({ status: 'succeeded' }))}\n\nevent: end\ndata: {}\n\n`,
    )
    await clock.advance(100_000)
    expect(snapshot()).toMatchObject({ connection: 'done', status: 'succeeded' })
    expect([streams.length, server.reads.length, clock.pending, platform.listeners.size]).toEqual([
      1, 1, 0, 0,
    ])
    expect(stream.isAborted).toBe(true)
  })

  test('that ends early is come back to by the cursor, which is no error', async () => {
    const { clock, stream, streams, server, seen } = await open()
    stream.sendEvents(chunk(1, 'b'))
    await clock.advance(2_000)
    stream.send(':\n\n')
    await clock.advance(0)
    stream.end()
    await clock.advance(499)
    expect(streams).toHaveLength(1)
    await clock.advance(1)
    expect(streams).toHaveLength(2)
    expect(streams[1]?.url.searchParams.get('from')).toBe('2')
    expect(server.reads).toHaveLength(1)
    expect(seen.every(({ connection, error }) => connection === 'live' || error === null)).toBe(true)
  })

  test('that is recycled is come back to after as long as the server says', async () => {
    const { clock, stream, streams, platform } = await open()
    stream.send(':\n\n')
    await clock.advance(2_000)
    stream.send('event: recycle\nretry: 3000\ndata: {"retry_ms":3000}\n\n')
    await clock.advance(0)
    platform.wake()
    await clock.advance(2_999)
    expect(streams).toHaveLength(1)
    await clock.advance(1)
    expect(streams).toHaveLength(2)
  })

  test('of which nothing is heard for 35 s is given up, and news is read meanwhile', async () => {
    const { clock, stream, streams, server, snapshot } = await open()
    for (let beat = 0; beat < 4; beat++) {
      stream.send(':\n\n')
      await clock.advance(15_000)
    }
    expect(stream.isAborted).toBe(false)
    await clock.advance(20_000)
    expect(stream.isAborted).toBe(true)
    expect(snapshot()).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
    server.text('b')
    await clock.advance(1_000)
    expect(textOf(snapshot())).toBe('ab')
    expect(snapshot()).toMatchObject({ connection: 'live', error: null })
    expect(streams).toHaveLength(2)
  })

  test.each([
    ['a reset', 'event: reset\ndata: {"epoch":"e2","first_idx":0}\n\n'],
    ['a gap', 'id: e1.7\ndata: {"idx":7,"type":"text_chunk","data":{"content":"?"},"ts":1}\n\n'],
    ['another epoch', 'id: e2.1\ndata: {"idx":1,"type":"text_chunk","data":{"content":"?"},"ts":1}\n\n'],
  ])('with %s is left for a read, which shows the log as it is now', async (_, text) => {
    const { clock, stream, streams, server, seen, snapshot } = await open()
    server.epoch = 'e2'
    server.events = []
    server.text('new', ' log')
    stream.send(text)
    await clock.advance(0)
    expect(stream.isAborted).toBe(true)
    expect(textOf(snapshot())).toBe('new log')
    expect(new Set(seen.map(textOf).filter((text) => text !== ''))).toEqual(new Set(['a', 'new log']))
    expect(streams.at(-1)?.url.searchParams.get('epoch')).toBe('e2')
  })

  test('whose token has expired is asked for once more with a fresh one', async () => {
    const tokens = ['read', 'stale', 'fresh']
    const { clock, stream, streams, snapshot } = await open({
      headers: () => ({ authorization: tokens.shift() ?? 'more' }),
    })
    stream.answer(refusal(401, 'unauthenticated'))
    await clock.advance(0)
    expect(streams.map(({ headers }) => headers.get('authorization'))).toEqual(['stale', 'fresh'])
    expect(snapshot().connection).toBe('live')
  })

  test('that is refused with Retry-After is asked for no earlier, whoever wakes up', async () => {
    const { clock, stream, streams, server, platform, snapshot } = await open()
    stream.answer(refusal(429, 'rate_limited', { 'retry-after': '9' }))
    await clock.advance(0)
    expect(snapshot()).toMatchObject({ connection: 'retrying', error: { code: 'rate_limited' } })
    platform.wake()
    await clock.advance(8_999)
    expect([streams.length, server.reads.length]).toEqual([1, 1])
    await clock.advance(1)
    expect([streams.length, server.reads.length]).toEqual([2, 2])
  })

  test.each([
    ['refused', (stream: FakeStream) => stream.answer(refusal(404, 'route_not_found'))],
    ['a page of HTML', (stream: FakeStream) => stream.answer(new Response('<html>', { status: 200 }))],
    ['broken', (stream: FakeStream) => stream.fail()],
    ['garbage', (stream: FakeStream) => stream.send('data: {\n\n')],
  ])('that is %s, again and again, leaves polling with growing pauses', async (_, spoil) => {
    const { clock, streams, server, snapshot } = await open()
    for (let time = 0; time < 6; time++) {
      const stream = streams.at(-1)
      if (stream === undefined) throw new Error('no stream')
      spoil(stream)
      await clock.advance(0)
      expect(snapshot().connection).toBe('retrying')
      expect(streams).toHaveLength(time + 1)
      server.text(`${time}`)
      await clock.advance(15_000)
      expect(textOf(snapshot())).toBe(`a${'012345'.slice(0, time + 1)}`)
      expect(streams).toHaveLength(time + 2)
    }
  })

  test('is left for a read when the page is woken, for it may be dead', async () => {
    const { clock, stream, streams, server, platform, snapshot } = await open()
    server.text('b')
    platform.wake()
    await clock.advance(0)
    expect(stream.isAborted).toBe(true)
    expect(textOf(snapshot())).toBe('ab')
    expect(streams).toHaveLength(2)
    stream.sendEvents(chunk(2, 'late'))
    await clock.advance(0)
    expect(textOf(snapshot())).toBe('ab')
  })

  test('tells of a stop by itself: nothing is asked when one was asked for', async () => {
    const world = makeStreamWorld({ transport: sse() })
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.streams[0]?.send(':\n\n')
    await world.clock.advance(0)
    await observer.cancel()
    await world.clock.advance(0)
    expect(world.server.reads).toHaveLength(1)
    expect(world.streams).toHaveLength(1)
  })

  test('is closed with the last listener, and nothing of it comes later', async () => {
    const { clock, stream, leave, snapshot, platform } = await open()
    leave()
    expect(stream.isAborted).toBe(true)
    expect(snapshot().connection).toBe('idle')
    await clock.advance(100_000)
    expect([clock.pending, platform.listeners.size]).toEqual([0, 0])
    expect(textOf(snapshot())).toBe('a')
  })
})
