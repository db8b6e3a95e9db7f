import { describe, expect, it } from 'vitest'
import { parseOffset, streamCursor } from '../../src/http/durable/index.ts'
import { formatOffset } from '../../src/http/durable/offset.ts'
import { type RouteWorld, routeWorld } from './route-world.ts'

/** A task that has written three events, and its mount. */
async function openTask(world: RouteWorld = routeWorld()) {
  const id = await world.createUntil('wait', 'text_end')
  const read = (query = '', headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    world.ask(method, `/${id}/durable${query}`, { headers })
  const { headers } = await read('', {}, 'HEAD')
  return { ...world, id, read, tail: headers.get('stream-next-offset') ?? '' }
}

const idxs = (events: readonly { idx: number }[]): number[] => events.map(({ idx }) => idx)

describe('GET /:id/durable', () => {
  it('answers the events as a list, and in headers where to go on', async () => {
    const { read, tail } = await openTask()
    const { status, headers, body } = await read()
    expect(status).toBe(200)
    expect(idxs(body)).toEqual([0, 1, 2])
    expect(Object.fromEntries(headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'stream-next-offset': tail,
      'stream-up-to-date': 'true',
      etag: expect.stringMatching(/^"[^"]+"$/),
    })
  })

  it('is closed for those who have read a finished task to its end', async () => {
    const { ask, create, manager } = routeWorld()
    const id = await create({ message: 'quick' })
    await expect.poll(async () => (await manager.get(id))?.status).toBe('succeeded')
    const { headers, body } = await ask('GET', `/${id}/durable`)
    expect(body.at(-1).type).toBe('task_complete')
    expect(headers.get('stream-closed')).toBe('true')
    const { headers: ofHead } = await ask('HEAD', `/${id}/durable`)
    expect(ofHead.get('stream-closed')).toBe('true')
  })

  it('answers 304 to the tag of the same read, until there is more', async () => {
    const { read, manager, id } = await openTask()
    const etag = (await read()).headers.get('etag') ?? ''
    const repeated = await read('?offset=-1', { 'if-none-match': etag })
    expect(repeated).toMatchObject({ status: 304, body: null })
    expect(repeated.headers.get('etag')).toBe(etag)
    await manager.cancel(id, { actor: 'alice' })
    await expect.poll(async () => (await manager.get(id))?.status).toBe('canceled')
    expect(await read('', { 'if-none-match': etag })).toMatchObject({ status: 200 })
  })

  it('answers nothing but the end to now, without a tag', async () => {
    const { read, tail } = await openTask()
    const { body, headers } = await read('?offset=now')
    expect(body).toEqual([])
    expect(headers.get('stream-next-offset')).toBe(tail)
    expect(headers.has('etag')).toBe(false)
  })

  it('answers a long-poll without an event when the time is over', async () => {
    const { read, tail } = await openTask(routeWorld({ limits: { maxWaitMs: 20 } }))
    const { status, headers, body } = await read(`?offset=${tail}&live=long-poll&cursor=99999999`)
    expect({ status, body }).toEqual({ status: 204, body: null })
    expect(headers.get('stream-next-offset')).toBe(tail)
    expect(headers.get('stream-up-to-date')).toBe('true')
    expect(headers.get('stream-cursor')).toBe('100000000')
  })

  it.each([
    ['?live=sse', 'invalid_input'],
    ['?live=long-poll', 'invalid_input'],
    ['?offset=-1&live=forever', 'invalid_input'],
    ['?offset=-1&offset=now', 'invalid_input'],
    ['?offset=', 'invalid_cursor'],
    ['?offset=3', 'invalid_cursor'],
    ['?offset=0000000000000001', 'invalid_cursor'],
    ['?offset=9999999999999999_e', 'invalid_cursor'],
  ])('refuses %s', async (query, code) => {
    const { read } = await openTask()
    expect(await read(query)).toMatchObject({ status: 400, body: { code } })
  })

  it.each(['', '&live=long-poll', '&live=sse'])(
    'refuses an offset of another epoch, or beyond the end, as gone: %s',
    async (live) => {
      const { read, tail } = await openTask()
      const [, epoch = ''] = tail.split('_')
      for (const offset of [formatOffset({ idx: 1, epoch: 'other' }), formatOffset({ idx: 99, epoch })]) {
        expect(await read(`?offset=${offset}${live}`)).toMatchObject({
          status: 410,
          body: { code: 'cursor_void', error: expect.stringContaining('offset=-1') },
        })
      }
    },
  )

  it('opens no event stream for the cookie of a page of another site', async () => {
    const world = routeWorld({ authenticate: () => ({ userId: 'alice', via: 'cookie' }) })
    const id = await world.create({ message: 'wait' }, { headers: { origin: 'http://tasks.test' } })
    const headers = { origin: 'http://elsewhere.test' }
    const asked = await world.ask('GET', `/${id}/durable?offset=-1&live=sse`, { headers })
    expect(asked).toMatchObject({ status: 403, body: { code: 'forbidden_origin' } })
  })

  it('is written by nobody', async () => {
    const { ask, id } = await openTask()
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const { status, headers } = await ask(method, `/${id}/durable`, { body: [] })
      expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' })
    }
  })
})

describe('offsets', () => {
  it('sort as texts as they do in the log, and are read back', () => {
    const places = [0, 9, 10, 99_999, Number.MAX_SAFE_INTEGER].map((idx) => ({ idx, epoch: 'e-1' }))
    const offsets = places.map(formatOffset)
    expect([...offsets].sort()).toEqual(offsets)
    expect(offsets.map(parseOffset)).toEqual(places)
  })
})

describe('the cursor of live reads', () => {
  it('counts intervals of 20 seconds, and is always more than what was sent', () => {
    const now = Date.UTC(2024, 9, 9, 0, 1)
    expect(streamCursor(now, null)).toBe('3')
    expect(streamCursor(now, '2')).toBe('3')
    expect(streamCursor(now, '3')).toBe('4')
    expect(streamCursor(now, '70')).toBe('71')
    expect(streamCursor(now, 'abc')).toBe('3')
  })
})
