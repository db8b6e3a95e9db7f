import { type LiveMode, stream } from '@durable-streams/client'
import type { TaskEvent } from '@outlast/core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openWorld, type PushWorld } from './push-world.ts'

let world: PushWorld

beforeEach(async () => {
  world = await openWorld({ limits: { maxEvents: 200 } })
})

afterEach(() => world.close())

/** Reads a task with the client, as a user. */
function read(id: string, { offset = '-1', live = false as LiveMode, user = 'alice' } = {}) {
  return stream<TaskEvent>({
    url: `http://127.0.0.1:${world.port}/api/tasks/${id}/durable`,
    headers: { authorization: `Bearer ${user}` },
    offset,
    live,
    backoffOptions: { initialDelay: 1, maxDelay: 10, multiplier: 1, maxRetries: 0 },
    // It takes a stream that ends soon for a proxy that buffers, and gives up.
    sseResilience: { minConnectionDuration: 0 },
  })
}

/** What a reader is given, batch by batch; `closed` resolves with the one that says that the stream is. */
async function follow(id: string, live: LiveMode, offset?: string) {
  const response = await read(id, { live, ...(offset !== undefined && { offset }) })
  const events: TaskEvent[] = []
  const offsets: string[] = []
  const closed = new Promise<void>((resolve) => {
    response.subscribeJson((batch) => {
      events.push(...batch.items)
      offsets.push(batch.offset)
      if (batch.streamClosed) resolve()
    })
  })
  return { events, offsets, closed }
}

const counted = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

describe('the client of Durable Streams', () => {
  it.each(['sse', 'long-poll', true] as const)(
    'is given every event of a running task once and in order, until the stream is closed: %s',
    async (live) => {
      const task = await world.openTask()
      await task.emit(5)
      const { events, offsets, closed } = await follow(task.id, live)
      await vi.waitFor(() => expect(events).toHaveLength(5))
      await task.emit(3)
      await vi.waitFor(() => expect(events).toHaveLength(8))
      await task.emit(30)
      await task.end()
      await closed
      expect(events.map(({ idx }) => idx)).toEqual(counted(0, 39))
      expect(events.at(-1)).toMatchObject({ type: 'task_complete', data: { status: 'succeeded' } })
      expect(offsets).toEqual([...offsets].sort())
    },
  )

  it.each(['sse', 'long-poll', false] as const)(
    'goes on from the offset that it kept, with what it does not have: %s',
    async (live) => {
      const task = await world.openTask()
      await task.emit(4)
      const first = await read(task.id)
      expect((await first.json()).map(({ idx }) => idx)).toEqual([0, 1, 2, 3])
      expect(first).toMatchObject({ upToDate: true, streamClosed: false })
      await task.emit(2)
      await task.end()
      const { events, closed } = await follow(task.id, live, first.offset)
      await closed
      expect(events.map(({ idx }) => idx)).toEqual([4, 5, 6])
    },
  )

  it('is told at once that a stream which it has read is closed', async () => {
    const task = await world.openTask()
    await task.end()
    const first = await read(task.id)
    await first.json()
    for (const live of ['sse', 'long-poll'] as const) {
      const { events, closed } = await follow(task.id, live, first.offset)
      await closed
      expect(events).toEqual([])
    }
  })

  it('waits for what comes after now', async () => {
    const task = await world.openTask()
    await task.emit(3)
    const { events, closed } = await follow(task.id, 'long-poll', 'now')
    await task.emit(1)
    await task.end()
    await closed
    expect(events.map(({ idx }) => idx).at(0)).toBeGreaterThanOrEqual(3)
    expect(events.at(-1)).toMatchObject({ idx: 4, type: 'task_complete' })
  })

  it('comes back by its offset to an event stream that is recycled', async () => {
    await world.close()
    world = await openWorld({ push: { heartbeatMs: 300, recycleMs: 200 } })
    const task = await world.openTask()
    const { events, closed } = await follow(task.id, 'sse')
    for (let round = 1; round <= 8; round++) {
      await task.emit(5)
      await vi.waitFor(() => expect(events).toHaveLength(round * 5), 10_000)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await task.end()
    await closed
    expect(events.map(({ idx }) => idx)).toEqual(counted(0, 41))
  })

  it('is given a long log in one answer, and in frames of a bounded size by an event stream', async () => {
    const task = await world.openTask()
    const before = await read(task.id)
    await task.emit(150, 'x'.repeat(10_000))
    const whole = await read(task.id)
    expect((await whole.json()).map(({ idx }) => idx)).toEqual(counted(0, 150))
    expect(whole.upToDate).toBe(true)
    const response = await fetch(
      `http://127.0.0.1:${world.port}/api/tasks/${task.id}/durable?offset=${before.offset}&live=sse`,
      { headers: { authorization: 'Bearer alice' } },
    )
    await task.end()
    const frames = (await response.text()).split('\n\n')
    const lists = frames.filter((frame) => frame.startsWith('event: data')).map((frame) => frame.slice(17))
    expect(lists.length).toBeGreaterThan(4)
    const events = lists.flatMap((list) => JSON.parse(list) as TaskEvent[])
    expect(events.map(({ idx }) => idx)).toEqual(counted(0, 151))
    const controls = frames.filter((frame) => frame.startsWith('event: control'))
    expect(controls.filter((control) => control.includes('"upToDate":true')).length).toBeLessThan(3)
    expect(controls.at(-1)).toContain('"streamClosed":true')
  })

  it('is refused an offset below the cap as gone, and goes on from the oldest event', async () => {
    const task = await world.openTask()
    await task.emit(4)
    const first = await read(task.id)
    await first.json()
    await task.emit(1_000)
    await task.end()
    for (const live of [false, 'long-poll', 'sse'] as const) {
      await expect(read(task.id, { offset: first.offset, live })).rejects.toMatchObject({ status: 410 })
    }
    const rest = await (await read(task.id)).json()
    expect(rest[0]?.idx).toBeGreaterThan(4)
    expect(rest.map(({ idx }) => idx)).toEqual(counted(rest[0]?.idx ?? 0, 1_005))
  })

  it.each([false, 'long-poll', 'sse'] as const)(
    'cannot tell a task of somebody else from none: %s',
    async (live) => {
      const { id } = await world.openTask('bob')
      const refusals = await Promise.all([id, 'none'].map((asked) => read(asked, { live }).catch((e) => e)))
      expect(refusals[0]).toMatchObject({ status: 404 })
      expect(refusals[1]).toMatchObject({ status: 404 })
      const url = (asked: string): string =>
        `http://127.0.0.1:${world.port}/api/tasks/${asked}/durable?offset=-1${live ? `&live=${live}` : ''}`
      const texts = await Promise.all(
        [id, 'none'].map(async (asked) =>
          (await fetch(url(asked), { headers: { authorization: 'Bearer alice' } })).text(),
        ),
      )
      expect(texts[0]).toBe(texts[1])
    },
  )
})
