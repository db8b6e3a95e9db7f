import { describe, expect, test } from 'vitest'
import { json, type SeenRequest } from '../../support/fake-server.ts'
import { makeWorld, textOf, type World, watch } from '../../support/make-world.ts'

type Answer = (request: SeenRequest) => Response | Promise<Response>

function makeLongPollWorld(): World &
  ReturnType<typeof watch> & { snapshot: () => ReturnType<typeof textOf> } {
  const world = makeWorld({ transport: 'long-poll' })
  world.server.text('a')
  const observer = world.client.observe('t1')
  return { ...world, ...watch(observer), snapshot: () => textOf(observer.getSnapshot()) }
}

/** Waits as it was asked to, or until there is news. */
const waiting =
  ({ clock, server }: World, newsAfterMs: number, news: string | null): Answer =>
  (request) =>
    new Promise((resolve) => {
      const asked = Number(request.query.wait_ms ?? 0)
      clock.schedule(
        () => {
          if (news !== null) server.text(news)
          resolve(json({ success: true, data: server.page(request.query) }))
        },
        Math.min(newsAfterMs, asked),
      )
    })

describe('a long-poll', () => {
  test('asks the server to wait from the second request on, and again as soon as it has answered', async () => {
    const world = makeLongPollWorld()
    const { clock, server, snapshot } = world
    await clock.advance(0)
    expect(server.reads.map(({ query }) => query.wait_ms)).toEqual([undefined])
    server.script(waiting(world, 7_000, 'b'), waiting(world, 99_000, null), waiting(world, 3_000, 'c'))
    await clock.advance(150 + 7_000)
    expect(snapshot()).toBe('ab')
    await clock.advance(25_000 + 3_000)
    expect(snapshot()).toBe('abc')
    const [first = 0, ...others] = server.reads.slice(1).map(({ at }) => at)
    expect(others.map((at) => at - first)).toEqual([7_000, 32_000, 35_000])
    expect(server.reads.slice(1).every(({ query }) => query.wait_ms === '25000')).toBe(true)
  })

  test('of a server that does not wait asks no more often than a poll', async () => {
    const { clock, server } = makeLongPollWorld()
    await clock.advance(0)
    const before = server.reads.length
    await clock.advance(30_000)
    expect(server.reads.length - before).toBeLessThan(35)
  })

  test('does not ask the server to wait while the page is hidden, and asks every five seconds', async () => {
    const { clock, server, platform } = makeLongPollWorld()
    platform.visible = false
    await clock.advance(60_000)
    expect(server.reads.length).toBeLessThanOrEqual(13)
    expect(server.reads.every(({ query }) => query.wait_ms === undefined)).toBe(true)
  })

  test('asks to wait for less where waits are cut on the way, until the page is woken', async () => {
    const world = makeLongPollWorld()
    const { clock, server, platform } = world
    /** A gateway that gives up after 10 s. */
    const gateway: Answer = (request) =>
      new Promise((resolve) => {
        const asked = Number(request.query.wait_ms ?? 0)
        clock.schedule(
          () =>
            resolve(
              asked > 10_000
                ? new Response('', { status: 504 })
                : json({ success: true, data: server.page(request.query) }),
            ),
          Math.min(asked, 10_000),
        )
      })
    server.script(...Array.from({ length: 100 }, () => gateway))
    await clock.advance(120_000)
    const waits = server.reads.map(({ query }) => query.wait_ms)
    expect(waits.slice(0, 7)).toEqual([undefined, '25000', undefined, '12500', undefined, '6250', '6250'])
    expect(new Set(waits.slice(7))).toEqual(new Set(['6250']))
    platform.wake()
    await clock.advance(0)
    expect(server.reads.at(-1)?.query.wait_ms).toBe('25000')
  })

  test('is given up no sooner than the wait it asked for would be over', async () => {
    const world = makeLongPollWorld()
    const { clock, server, seen } = world
    await clock.advance(0)
    server.script(() => new Promise(() => {}))
    await clock.advance(150 + 54_999)
    expect(seen.at(-1)?.connection).toBe('live')
    await clock.advance(1)
    expect(seen.at(-1)).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
  })
})
