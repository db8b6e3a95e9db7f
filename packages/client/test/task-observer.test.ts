import { describe, expect, test } from 'vitest'
import type { TaskObserver, TaskSnapshot } from '../src/task-observer.ts'
import {
  deadConnection,
  html,
  json,
  lateAnswer,
  makeTask,
  networkDown,
  refusal,
  type SeenRequest,
} from './support/fake-server.ts'
import { makeWorld, textOf, type World, watch } from './support/make-world.ts'

/** The pauses between the reads that the server saw, in milliseconds. */
function pausesOf({ server }: World): number[] {
  return server.reads.slice(1).map(({ at }, index) => at - (server.reads[index]?.at ?? 0))
}

/** The page of the log's beginning, with other fields. */
function pageWith({ server }: World, fields: object): Response {
  return json({ success: true, data: { ...server.page({}), ...fields } })
}

describe('subscribing', () => {
  test('starts with the first listener, and asks for a snapshot of the blocks', async () => {
    const world = makeWorld()
    world.server.text('Hel', 'lo')
    const observer = world.client.observe('t1')
    await world.clock.advance(1_000)
    expect(world.server.requests).toHaveLength(0)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'idle', status: null, task: null })

    watch(observer)
    expect(observer.getSnapshot().connection).toBe('connecting')
    await world.clock.advance(0)
    expect(world.server.reads.map(({ query }) => query)).toEqual([{ from: '0', snapshot: 'blocks@1' }])
    expect(observer.getSnapshot()).toMatchObject({
      connection: 'live',
      status: 'running',
      nextOffset: 2,
      watermark: 2,
    })
    expect(textOf(observer.getSnapshot())).toBe('Hello')
  })

  test('twenty listeners make one poller, and one request at a time', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    for (let count = 0; count < 20; count++) watch(observer)
    await world.clock.advance(0)
    expect(world.server.reads).toHaveLength(1)
    await world.clock.advance(5_000)
    expect(world.server.mostInFlight).toBe(1)
  })

  test('a function that listens twice is called twice, and leaves once at a time', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    let calls = 0
    const listener = (): void => {
      calls++
    }
    const leave = observer.subscribe(listener)
    observer.subscribe(listener)
    await world.clock.advance(0)
    expect(calls).toBe(2)
    leave()
    world.server.text('x')
    await world.clock.advance(1_000)
    expect(calls).toBe(3)
  })

  test('stops with the last listener, aborts what is under way and leaves the task alone', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const [first, second] = [watch(observer), watch(observer)]
    await world.clock.advance(0)
    world.server.script(deadConnection)
    await world.clock.advance(300)
    first.leave()
    first.leave()
    expect(observer.getSnapshot().connection).toBe('live')
    second.leave()
    expect(world.server.reads.at(-1)?.signal?.aborted).toBe(true)
    expect(observer.getSnapshot().connection).toBe('idle')
    const asked = world.server.requests.length
    await world.clock.advance(60_000)
    expect(world.server.requests).toHaveLength(asked)
    expect(world.clock.pending).toBe(0)
    expect(world.platform.listeners.size).toBe(0)
    expect(world.server.requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  test('goes on at its cursor when somebody watches again', async () => {
    const world = makeWorld()
    world.server.text('one ')
    const observer = world.client.observe('t1')
    const { leave } = watch(observer)
    await world.clock.advance(0)
    leave()
    world.server.text('two')
    watch(observer)
    await world.clock.advance(0)
    expect(world.server.reads.at(-1)?.query).toMatchObject({ from: '1', epoch: 'e1' })
    expect(textOf(observer.getSnapshot())).toBe('one two')
  })

  test('a listener that leaves and comes back while it is told is not told again in the same round', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    let calls = 0
    let leave = (): void => {}
    const listener = (): void => {
      if (++calls > 100) throw new Error('told again and again')
      leave()
      leave = observer.subscribe(listener)
    }
    const told = watch(observer)
    leave = observer.subscribe(listener)
    await world.clock.advance(0)
    world.server.text('a')
    await world.clock.advance(1_000)
    expect(calls).toBe(told.seen.length)
  })

  test('a listener that leaves another one spares it', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    let leaveSecond = (): void => {}
    observer.subscribe(() => leaveSecond())
    const second = watch(observer)
    leaveSecond = second.leave
    await world.clock.advance(10)
    expect(second.seen).toEqual([])
  })

  test('a listener that throws neither silences the others nor stops the reading', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const uncaught: unknown[] = []
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => uncaught.push(error))
    try {
      observer.subscribe(() => {
        throw new Error('broken listener')
      })
      const { seen } = watch(observer)
      await world.clock.advance(0)
      world.server.text('still here')
      await world.clock.advance(1_000)
      expect(textOf(seen.at(-1) ?? observer.getSnapshot())).toBe('still here')
      expect(uncaught.map(String)).toContain('Error: broken listener')
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const other of others) process.on('uncaughtException', other)
    }
  })
})

describe('the pace', () => {
  test('is 150 ms while events flow and eases to one second when nothing comes', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    for (let step = 0; step < 3; step++) {
      world.server.text('x')
      await world.clock.advance(step === 0 ? 0 : 150)
    }
    expect(pausesOf(world)).toEqual([150, 150])
    await world.clock.advance(4_000)
    expect(pausesOf(world).slice(2)).toEqual([150, 300, 600, 1_000, 1_000])
  })

  test('is that of a flowing log while the record changes, as in a queue that moves up', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    for (let place = 5; place > 0; place--) {
      world.server.task = makeTask({ status: 'pending', queue_position: place })
      await world.clock.advance(place === 5 ? 0 : 150)
    }
    expect(pausesOf(world)).toEqual([150, 150, 150, 150])
  })

  test('follows the interval of the server', async () => {
    const world = makeWorld()
    world.server.pollIntervalMs = 2_500
    watch(world.client.observe('t1'))
    await world.clock.advance(8_000)
    expect(pausesOf(world)).toEqual([2_500, 2_500, 2_500])
  })

  test('is five seconds while nobody sees the page, and a look at it asks at once', async () => {
    const world = makeWorld()
    world.platform.visible = false
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(10_000)
    expect(pausesOf(world)).toEqual([5_000, 5_000])
    world.server.text('news')
    await world.clock.advance(2_000)
    world.platform.visible = true
    world.platform.wake()
    await world.clock.advance(0)
    expect(textOf(observer.getSnapshot())).toBe('news')
  })

  test('knows no pause while there is more to read', async () => {
    const world = makeWorld()
    world.server.pageSize = 10
    for (let count = 0; count < 45; count++) world.server.text('x')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    expect(world.server.reads).toHaveLength(5)
    expect(observer.getSnapshot()).toMatchObject({ nextOffset: 45, watermark: 45 })
    expect(seen).toHaveLength(1)
  })
})

describe('the snapshot', () => {
  test('keeps its identity while nothing changes, although elapsed_ms runs on', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    const before = observer.getSnapshot()
    await world.clock.advance(10_000)
    expect(world.server.reads.length).toBeGreaterThan(5)
    expect(observer.getSnapshot()).toBe(before)
    expect(seen).toHaveLength(1)
  })

  test('changes with the record of the task alone', async () => {
    const world = makeWorld()
    world.server.task = makeTask({ status: 'pending', queue_position: 3 })
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    world.server.task = makeTask({ status: 'pending', queue_position: 2 })
    await world.clock.advance(1_000)
    expect(seen.map(({ task }) => task?.queue_position)).toEqual([3, 2])
  })

  test('a thousand events on the first read notify at most three times, and nothing of them animates', async () => {
    const world = makeWorld()
    for (let count = 0; count < 1_000; count++) world.server.text('x')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(10_000)
    expect(seen.length).toBeLessThanOrEqual(3)
    expect(observer.getSnapshot()).toMatchObject({ nextOffset: 1_000, watermark: 1_000 })
    expect(textOf(observer.getSnapshot())).toBe('x'.repeat(1_000))
    world.server.text('live')
    await world.clock.advance(1_000)
    expect(observer.getSnapshot()).toMatchObject({ nextOffset: 1_001, watermark: 1_000 })
  })

  test('everything animates when the watermark was said to be 0', async () => {
    const world = makeWorld()
    world.server.text('x')
    const observer = world.client.observe('t1', { watermark: 0 })
    watch(observer)
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({ nextOffset: 1, watermark: 0 })
  })

  test('of the server replaces the blocks, and the tail is folded onto it', async () => {
    const world = makeWorld()
    world.server.text('one ', 'two ', 'three ')
    const reference = world.client.observe('t1')
    const { leave } = watch(reference)
    await world.clock.advance(0)
    leave()
    const { blocks } = reference.getSnapshot()
    const state = {
      next: 3,
      blocks,
      messageId: null,
      conversationId: null,
      title: null,
      progress: null,
      usage: null,
      outcome: null,
    }
    world.server.snapshot = { at: 3, fold: 'blocks@1', state: JSON.parse(JSON.stringify(state)) }
    world.server.firstIdx = 3
    world.server.text('four')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    expect(textOf(observer.getSnapshot())).toBe('one two three four')
    expect(observer.getSnapshot()).toMatchObject({ truncated: false, nextOffset: 4 })
    expect(seen).toHaveLength(1)
  })

  test('says so when events are gone and no snapshot stands in for them', async () => {
    const world = makeWorld()
    for (let count = 0; count < 20; count++) world.server.text(`${count} `)
    world.server.firstIdx = 15
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(2_000)
    expect(observer.getSnapshot()).toMatchObject({ truncated: true, nextOffset: 20, error: null })
    expect(textOf(observer.getSnapshot())).toBe('15 16 17 18 19 ')
    expect(world.server.reads.every(({ query }) => query.from === '0' || query.from === '20')).toBe(true)
  })
})

describe('frames', () => {
  /** An observer that follows a log, on a page that paints. */
  async function painting(): Promise<{ world: World; observer: TaskObserver; seen: TaskSnapshot[] }> {
    const world = makeWorld()
    world.server.text('a')
    world.server.pollIntervalMs = 1
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    world.platform.painting = true
    return { world, observer, seen }
  }

  test('make one notification of many pages', async () => {
    const { world, observer, seen } = await painting()
    for (let page = 0; page < 10; page++) {
      world.server.text('b')
      await world.clock.advance(1)
    }
    expect(world.server.reads.length).toBeGreaterThan(10)
    expect(textOf(observer.getSnapshot())).toBe('a')
    expect(seen).toHaveLength(1)
    world.platform.paint()
    expect(seen.map(textOf)).toEqual(['a', 'abbbbbbbbbb'])
    world.platform.paint()
    expect(seen).toHaveLength(2)
  })

  test('are not put off by more news: one that never comes is stood in for', async () => {
    const { world, seen } = await painting()
    world.server.text('b')
    await world.clock.advance(1)
    const [frame] = world.platform.frames
    for (let page = 0; page < 10; page++) {
      world.server.text('c')
      await world.clock.advance(1)
    }
    expect([...world.platform.frames]).toEqual([frame])
    world.platform.paint()
    expect(seen.map(textOf)).toEqual(['a', 'abcccccccccc'])
  })

  test('that come after the last listener has left notify nobody', async () => {
    const world = makeWorld()
    world.platform.painting = true
    world.server.text('a')
    world.server.finish()
    const observer = world.client.observe('t1')
    const { seen, leave } = watch(observer)
    await world.clock.advance(0)
    leave()
    expect(observer.getSnapshot()).toMatchObject({ connection: 'done', status: 'succeeded' })
    expect(world.platform.frames.size).toBe(0)
    world.platform.paint()
    expect(seen).toHaveLength(0)
  })

  test('are not waited for by a cancel', async () => {
    const { world, observer, seen } = await painting()
    const answer = observer.cancel()
    expect(seen.at(-1)?.status).toBe('cancel_requested')
    await world.clock.advance(0)
    await answer
  })
})

describe('the end', () => {
  test('comes with a final status and the whole log, and nothing is asked after it', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.text('done')
    world.server.finish()
    await world.clock.advance(1_000)
    expect(observer.getSnapshot()).toMatchObject({
      connection: 'done',
      status: 'succeeded',
      outcome: { status: 'succeeded' },
    })
    const asked = world.server.requests.length
    world.platform.wake()
    watch(observer)
    await world.clock.advance(60_000)
    expect(world.server.requests).toHaveLength(asked)
    expect(world.clock.pending).toBe(0)
    expect(world.platform.listeners.size).toBe(0)
  })

  test('does not come with a final status while there is more to read', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.text('a', 'b', 'c', 'd')
    world.server.finish()
    world.server.pageSize = 2
    await world.clock.advance(1_000)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'done', nextOffset: 5 })
    expect(textOf(observer.getSnapshot())).toBe('abcd')
  })
})

describe('a failure', () => {
  test.each([
    ['the network is down', networkDown],
    ['a proxy answers 502 with a page of HTML', () => html(502)],
    ['a captive portal answers 200 with a page of HTML', () => html(200)],
    ['the JSON is cut', () => new Response('{"success":true,"data":{"task_id":"t1","ev', { status: 200 })],
    ['the server has an error', () => refusal(500, 'internal_error')],
    ['the body is JSON of something else', () => json({ success: true, data: { hello: 'world' } })],
    ['the body is JSON of nothing', () => json(null)],
    ['the page has no cursor', () => json({ success: true, data: { events: [] } })],
    [
      'the page has events that are none',
      () => json({ success: true, data: { events: [null], next_offset: 1 } }),
    ],
  ])('is said and retried with growing pauses when %s', async (_, answer) => {
    const world = makeWorld()
    world.server.text('x')
    const observer = world.client.observe('t1')
    watch(observer)
    world.server.script(answer, answer, answer)
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'retrying', blocks: [] })
    expect(observer.getSnapshot().error).not.toBeNull()
    await world.clock.advance(3_500)
    expect(pausesOf(world)).toEqual([500, 1_000, 2_000])
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', error: null })
    expect(textOf(observer.getSnapshot())).toBe('x')
  })

  test('with Retry-After is retried no sooner, also when the page becomes visible', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    world.server.script(() => refusal(429, 'rate_limited', { 'retry-after': '7' }))
    await world.clock.advance(3_000)
    world.platform.wake()
    await world.clock.advance(3_999)
    expect(world.server.reads).toHaveLength(1)
    await world.clock.advance(1)
    expect(world.server.reads).toHaveLength(2)
  })

  test('understands a date in Retry-After', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    const date = new Date(world.clock.now() + 4_000).toUTCString()
    world.server.script(() => refusal(503, 'store_unavailable', { 'retry-after': date }))
    await world.clock.advance(10_000)
    expect(pausesOf(world)[0]).toBe(4_000)
  })

  test('is over at once when the network is back', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    world.server.script(...Array.from({ length: 8 }, () => networkDown))
    await world.clock.advance(65_000)
    const asked = world.server.reads.length
    world.platform.wake()
    await world.clock.advance(0)
    expect(world.server.reads.length).toBe(asked + 1)
  })

  test('is found when no answer comes within 30 seconds', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    world.server.script(deadConnection)
    await world.clock.advance(30_000)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
    expect(world.server.reads[0]?.signal?.aborted).toBe(true)
    await world.clock.advance(500)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', error: null })
  })

  test('of a slow line gives the next answer twice the time', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    world.server.script(deadConnection, deadConnection, deadConnection)
    await world.clock.advance(200_000)
    expect(pausesOf(world).slice(0, 2)).toEqual([30_500, 61_000])
  })

  test('401 asks for the headers once more, and goes on unseen with a fresh token', async () => {
    let token = 0
    const world = makeWorld({ headers: async () => ({ authorization: `Bearer ${++token}` }) })
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    world.server.script(() => refusal(401, 'unauthenticated'))
    await world.clock.advance(0)
    expect(world.server.reads.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer 1',
      'Bearer 2',
    ])
    expect(seen.map(({ connection }) => connection)).toEqual(['live'])
  })

  test.each([
    [401, 'unauthenticated', 2],
    [404, 'task_not_found', 1],
    [403, 'forbidden_origin', 1],
  ])('%i ends with the error %s, and is not retried for ever', async (status, code, requests) => {
    const world = makeWorld({ headers: () => ({ authorization: 'Bearer stale' }) })
    const observer = world.client.observe('t1')
    watch(observer)
    world.server.script(...Array.from({ length: 5 }, () => () => refusal(status, code)))
    await world.clock.advance(120_000)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'failed', error: { code, status } })
    expect(world.server.requests).toHaveLength(requests)
    expect(world.clock.pending).toBe(0)
  })

  test('that ended the reading is tried again by those who come back', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const { leave } = watch(observer)
    world.server.script(() => refusal(401, 'unauthenticated'))
    await world.clock.advance(0)
    leave()
    expect(observer.getSnapshot().connection).toBe('failed')
    watch(observer)
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', error: null })
  })
})

describe('the log', () => {
  test('is rebuilt from the start when the server lost its history, without a flash of nothing', async () => {
    const world = makeWorld()
    world.server.text('old ', 'history')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    world.server.epoch = 'e2'
    world.server.events = []
    world.server.text('new')
    await world.clock.advance(1_000)
    expect(world.server.reads.slice(1, 3).map(({ query }) => query)).toEqual([
      { from: '2', epoch: 'e1', snapshot: 'blocks@1' },
      { from: '0', snapshot: 'blocks@1' },
    ])
    expect(seen.map(textOf)).toEqual(['old history', 'new'])
    expect(observer.getSnapshot()).toMatchObject({ nextOffset: 1, watermark: 1, error: null })
  })

  test('is read anew when a page leaves a gap', async () => {
    const world = makeWorld()
    world.server.text('a', 'b')
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.text('c', 'd')
    world.server.script(() => {
      const page = world.server.page({ from: '2' })
      return json({ success: true, data: { ...page, events: page.events.slice(1) } })
    })
    await world.clock.advance(150)
    expect(textOf(observer.getSnapshot())).toBe('abcd')
    expect(world.server.reads.at(-1)?.query).toEqual({ from: '0', snapshot: 'blocks@1' })
  })

  test('of another epoch that slipped in is not mixed with the present one', async () => {
    const world = makeWorld()
    world.server.text('a', 'b')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    world.server.script(() =>
      json({
        success: true,
        data: { ...world.server.page({ from: '2' }), epoch: 'other', events: [], next_offset: 2 },
      }),
    )
    await world.clock.advance(150)
    expect(seen.map(textOf).every((text) => text === 'ab')).toBe(true)
    expect(world.server.reads.at(-1)?.query.from).toBe('0')
  })

  test('that never fits is asked for with growing pauses, and said to be in trouble', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    const gap = () => json({ success: true, data: { ...world.server.page({}), next_offset: 9 } })
    world.server.script(...Array.from({ length: 50 }, () => gap))
    await world.clock.advance(10_000)
    expect(world.server.reads.length).toBeLessThan(8)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'retrying', error: { code: 'cursor_void' } })
  })

  test.each([
    ['refused from any idx on', 'begun', () => refusal(410, 'cursor_void')],
    ['of another epoch from any idx on', 'begun', (world: World) => pageWith(world, { epoch: 'other' })],
    ['behind a gap from any idx on', 'begun', (world: World) => pageWith(world, { next_offset: 9 })],
    ['refused from its end on', 'whole', () => refusal(410, 'cursor_void')],
  ])('that can be begun but is %s is asked for with growing pauses', async (_, part, follow) => {
    const world = makeWorld()
    world.server.text('a', 'b')
    if (part === 'begun') world.server.pageSize = 1
    const observer = world.client.observe('t1')
    watch(observer)
    const answer = ({ query }: SeenRequest): Response =>
      query.from === '0' ? pageWith(world, {}) : follow(world)
    world.server.script(...Array.from({ length: 200 }, () => answer))
    await world.clock.advance(60_000)
    expect(world.server.reads.length).toBeLessThan(20)
    expect(Math.max(...pausesOf(world))).toBe(15_000)
  })

  test('that says there is more, and brings nothing but news of the record, is asked for at its pace', async () => {
    const world = makeWorld()
    watch(world.client.observe('t1'))
    let news = 0
    const answer = (): Response => pageWith(world, { up_to_date: false, message: `news ${news++}` })
    world.server.script(...Array.from({ length: 100 }, () => answer))
    await world.clock.advance(1_500)
    expect(pausesOf(world)).toEqual(Array.from({ length: 10 }, () => 150))
  })

  test('that comes without any delay, page after page, lets the host do other things in between', async () => {
    let asked = 0
    const world: World = makeWorld({
      fetch: async () => {
        const events = [{ idx: asked, type: 'text_chunk', data: { content: 'x' }, ts: 1 }]
        if (++asked > 1_000) throw new Error('the host never got its turn')
        return pageWith(world, { events, next_offset: asked, up_to_date: false })
      },
    })
    const { leave } = watch(world.client.observe('t1'))
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(asked).toBe(1)
    expect(world.clock.pending).toBe(1)
    leave()
  })

  test.each([
    [
      'a snapshot without a state',
      { events: [], snapshot: { at: 3, fold: 'blocks@1', state: null }, next_offset: 3 },
    ],
    ['an idx that is text', { events: [{ idx: '0', type: 'text_chunk', data: { content: 'a' } }] }],
  ])('is asked for again with growing pauses when a page holds %s', async (_, fields) => {
    const world = makeWorld()
    world.server.text('a')
    const observer = world.client.observe('t1')
    const { leave } = watch(observer)
    const answer = (): Response => pageWith(world, fields)
    world.server.script(answer, answer)
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({
      connection: 'retrying',
      blocks: [],
      error: { code: 'invalid_response' },
    })
    await world.clock.advance(1_500)
    expect(pausesOf(world)).toEqual([500, 1_000])
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', error: null })
    expect(textOf(observer.getSnapshot())).toBe('a')
    leave()
  })

  test('is not changed by pages that overlap it', async () => {
    const world = makeWorld()
    world.server.text('a', 'b', 'c')
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    const overlap = () => json({ success: true, data: world.server.page({ from: '0' }) })
    const older = () => json({ success: true, data: world.server.page({ from: '0', limit: '2' }) })
    world.server.script(overlap, older, overlap)
    await world.clock.advance(5_000)
    expect(seen).toHaveLength(1)
    world.server.text('d')
    world.server.script(overlap)
    await world.clock.advance(1_000)
    expect(textOf(observer.getSnapshot())).toBe('abcd')
  })

  test('takes no answer that arrives after a newer one was asked for', async () => {
    const world = makeWorld()
    world.server.text('a')
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.script()
    const late = lateAnswer(() =>
      json({ success: true, data: { ...world.server.page({}), status: 'failed' } }),
    )
    world.server.script(late.answer)
    await world.clock.advance(150)
    world.platform.wake()
    world.server.text('b')
    await world.clock.advance(150)
    const before = observer.getSnapshot()
    expect(textOf(before)).toBe('ab')
    late.release()
    await world.clock.advance(0)
    world.platform.wake()
    expect(observer.getSnapshot()).toBe(before)
  })

  test('takes no answer that arrives after the last listener has left', async () => {
    const world = makeWorld()
    world.server.text('a')
    const late = lateAnswer(() => json({ success: true, data: world.server.page({}) }))
    world.server.script(late.answer)
    const observer = world.client.observe('t1')
    const { seen, leave } = watch(observer)
    await world.clock.advance(0)
    leave()
    late.release()
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'idle', blocks: [], task: null })
    expect(seen).toHaveLength(0)
    watch(observer)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'connecting', blocks: [], task: null })
  })
})

describe('a question and a tool', () => {
  test.each([
    [
      'answered',
      (observer: TaskObserver) => observer.sendInput({ id: 'q1', value: 'yes' }),
      { path: '/api/tasks/t1/input', body: { id: 'q1', value: 'yes' } },
    ],
    [
      'canceled',
      (observer: TaskObserver) => observer.cancelTool('call1'),
      { path: '/api/tasks/t1/tools/call1/cancel' },
    ],
  ])('that was %s is looked after at once', async (_, act, request) => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(10_000)
    const asked = world.server.reads.length
    world.server.script(() => json({ success: true, data: { task_id: 't1' } }))
    const answer = act(observer)
    await world.clock.advance(0)
    await expect(answer).resolves.toEqual({ task_id: 't1' })
    expect(world.server.requests.find(({ method }) => method === 'POST')).toMatchObject(request)
    expect(world.server.reads.length).toBe(asked + 1)
  })

  test('that was refused says why', async () => {
    const { client, server } = makeWorld()
    server.script(() => refusal(409, 'input_closed'))
    await expect(client.observe('t1').sendInput({ id: 'q1', value: 1 })).rejects.toMatchObject({
      code: 'input_closed',
    })
  })
})

test('the answer has the id that its log names, and until then the id of the task', async () => {
  const world = makeWorld()
  const observer = world.client.observe('t1')
  watch(observer)
  expect(observer.getSnapshot().messageId).toBe('t1')
  world.server.emit('ai_message_start')
  await world.clock.advance(0)
  expect(observer.getSnapshot().messageId).toBe('t1')
  world.server.emit('ai_message_start', { message_id: 'm1' })
  await world.clock.advance(1_000)
  expect(observer.getSnapshot().messageId).toBe('m1')
})

describe('cancel', () => {
  test('shows cancel_requested at once and until the end, whatever older answers say', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    const answer = observer.cancel('changed my mind')
    expect(observer.getSnapshot().status).toBe('cancel_requested')
    await world.clock.advance(5_000)
    await expect(answer).resolves.toMatchObject({ outcome: 'requested' })
    expect(world.server.requests.find(({ method }) => method === 'POST')).toMatchObject({
      path: '/api/tasks/t1/cancel',
      body: { reason: 'changed my mind' },
    })
    expect(observer.getSnapshot()).toMatchObject({ status: 'cancel_requested', task: { status: 'running' } })
    world.server.finish('canceled')
    await world.clock.advance(1_000)
    expect(seen.map(({ status }) => status)).toEqual(['running', 'cancel_requested', 'canceled'])
  })

  test('looks at once for what came of it', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(10_000)
    const asked = world.server.reads.length
    const answer = observer.cancel()
    await world.clock.advance(0)
    await answer
    expect(world.server.reads.length).toBe(asked + 1)
  })

  test('that the network swallowed is sent again as soon as the log can be read again', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const { seen } = watch(observer)
    await world.clock.advance(0)
    world.server.script(...Array.from({ length: 40 }, () => networkDown))
    const answer = observer.cancel('enough')
    await world.clock.advance(60_000)
    expect(observer.getSnapshot()).toMatchObject({ status: 'cancel_requested', connection: 'retrying' })
    await world.clock.advance(600_000)
    await expect(answer).resolves.toMatchObject({ outcome: 'requested' })
    const delivered = world.server.requests.filter(({ method }) => method === 'POST').at(-1)
    expect(delivered).toMatchObject({ path: '/api/tasks/t1/cancel', body: { reason: 'enough' } })
    world.server.finish('canceled')
    await world.clock.advance(1_000)
    const statuses = seen.map(({ status }) => status)
    expect(statuses.filter((status, at) => status !== statuses[at - 1])).toEqual([
      'running',
      'cancel_requested',
      'canceled',
    ])
  })

  test('that fails while the log can be read is no matter of the network, and says so', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.cancelAnswer = () => refusal(503, 'shutting_down')
    const answer = observer.cancel().catch((error: unknown) => error)
    await world.clock.advance(60_000)
    await expect(answer).resolves.toMatchObject({ code: 'shutting_down' })
    expect(observer.getSnapshot()).toMatchObject({ status: 'running', connection: 'live' })
  })

  test('that cannot be delivered is over when nobody watches any more', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    const { leave } = watch(observer)
    await world.clock.advance(0)
    world.server.script(...Array.from({ length: 40 }, () => networkDown))
    const answer = observer.cancel().catch((error: unknown) => error)
    await world.clock.advance(20_000)
    leave()
    await expect(answer).resolves.toMatchObject({ code: 'network_error' })
    expect(observer.getSnapshot().status).toBe('running')
    const unwatched = world.client
      .observe('t1')
      .cancel()
      .catch((error: unknown) => error)
    await world.clock.advance(60_000)
    await expect(unwatched).resolves.toMatchObject({ code: 'network_error' })
    expect(world.clock.pending).toBe(0)
  })

  test('twice: the second one, refused, leaves the first one standing', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    const first = observer.cancel()
    await world.clock.advance(0)
    await first
    world.server.cancelAnswer = () => refusal(429, 'rate_limited')
    await expect(observer.cancel()).rejects.toMatchObject({ code: 'rate_limited' })
    expect(observer.getSnapshot().status).toBe('cancel_requested')
  })

  test('that was refused shows the status as it was, and says why', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    watch(observer)
    await world.clock.advance(0)
    world.server.script(() => refusal(403, 'forbidden_origin'))
    await expect(observer.cancel()).rejects.toMatchObject({ code: 'forbidden_origin' })
    expect(observer.getSnapshot().status).toBe('running')
  })
})
