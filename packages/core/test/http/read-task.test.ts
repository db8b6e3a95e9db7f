import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { blockFold } from '../../src/blocks/index.ts'
import { createTaskHandler, type HandlerLimits } from '../../src/http/index.ts'
import { defineTask, TaskManager, type TaskManagerOptions } from '../../src/index.ts'
import type { EventPage } from '../../src/protocol/index.ts'

let manager: TaskManager | undefined

afterEach(() => manager?.close({ drainMs: 0 }))

/** A finished task of 300 words, and a way to read it. */
async function longTask(options: Partial<TaskManagerOptions>) {
  const words = defineTask({
    type: 'words',
    input: z.object({}),
    async run({ emit, flush }) {
      emit('text_start', {})
      for (let word = 0; word < 300; word++) {
        emit('text_chunk', { content: `${word} ` })
        await flush()
      }
      emit('text_end', {})
    },
  })
  manager = new TaskManager({ tasks: [words], limits: { maxEvents: 50 }, ...options })
  const { id, finished } = await manager.create({ userId: 'alice', input: {} })
  const task = await finished()
  const handler = createTaskHandler(manager, { authenticate: () => ({ userId: 'alice', via: 'token' }) })
  const read = async (query: string): Promise<EventPage> => {
    const response = await handler.fetch(new Request(`http://tasks.test/api/tasks/${id}?${query}`))
    return ((await response.json()) as { data: EventPage }).data
  }
  return { task, read }
}

describe('a read behind the cap', () => {
  it('gets the snapshot that it knows, and the events from there on', async () => {
    const { task, read } = await longTask({})
    const page = await read('from=10&snapshot=blocks@1')
    expect(task.firstIdx).toBeGreaterThan(200)
    expect(page.truncated).toBe(false)
    const at = page.next_offset - page.events.length
    expect(page.snapshot).toMatchObject({ fold: blockFold.name, at })
    expect(page.next_offset).toBe(task.nextIdx)
    const whole = blockFold.reduce(page.snapshot?.state as typeof blockFold.initial, page.events)
    expect(JSON.stringify(whole)).toContain(`${Array.from({ length: 300 }, (_, word) => word).join(' ')} `)
  })

  it.each(['from=10', 'from=10&snapshot=other@1', 'from=10&wait_ms=5000'])(
    'is told of the loss when it takes no snapshot: %s',
    async (query) => {
      const { task, read } = await longTask({})
      const page = await read(query)
      expect(page).toMatchObject({
        truncated: true,
        snapshot: null,
        first_idx: task.firstIdx,
        up_to_date: true,
      })
      expect(page.events[0]?.idx).toBe(task.firstIdx)
    },
  )

  it('scenario 6 · is told of the loss where nothing folds', async () => {
    const { read } = await longTask({ fold: null })
    expect(await read('from=0&snapshot=blocks@1')).toMatchObject({ truncated: true, snapshot: null })
  })

  it('is not bothered with a snapshot when the cursor is within the log', async () => {
    const { task, read } = await longTask({})
    const page = await read(`from=${task.nextIdx - 2}&snapshot=blocks@1,other@2`)
    expect(page).toMatchObject({ truncated: false, snapshot: null, next_offset: task.nextIdx })
    expect(page.events).toHaveLength(2)
  })
})

describe('a long-poll', () => {
  /** A running task that says nothing and ends only after `release`, even when it is stopped. */
  async function silentTask(limits: HandlerLimits = {}) {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const silent = defineTask({ type: 'silent', input: z.object({}), run: () => released })
    manager = new TaskManager({ tasks: [silent] })
    const running = new Promise((resolve) => manager?.on('started', resolve))
    const { id, cancel } = await manager.create({ userId: 'alice', input: {} })
    await running
    const handler = createTaskHandler(manager, {
      authenticate: () => ({ userId: 'alice', via: 'token' }),
      limits,
    })
    const poll = (query: string, headers: Record<string, string> = {}) =>
      handler.fetch(new Request(`http://tasks.test/api/tasks/${id}?${query}`, { headers }))
    return { poll, cancel, release }
  }

  it('answers a change of status that no event tells of', async () => {
    const { poll, cancel, release } = await silentTask()
    const waits = vi.spyOn(manager as TaskManager, 'waitForChange')
    const waiting = poll('from=0&wait_ms=20000')
    await expect.poll(() => waits.mock.calls.length).toBe(1)
    await cancel({ reason: 'enough' })
    const body = (await (await waiting).json()) as { data: EventPage }
    expect(body.data).toMatchObject({ status: 'cancel_requested', events: [], next_offset: 0 })
    release()
  })

  it('answers at once what changed since the tag that the client has', async () => {
    const { poll, cancel, release } = await silentTask()
    const query = 'from=0&wait_ms=20000'
    const tag = (await poll('from=0')).headers.get('etag') ?? ''
    await cancel()
    const answer = await poll(query, { 'if-none-match': tag })
    expect(await answer.json()).toMatchObject({ data: { status: 'cancel_requested' } })
    release()
  })

  it('ends empty when its time is over, as 304 for a client with the tag', async () => {
    const { poll, release } = await silentTask()
    const empty = await poll('from=0&wait_ms=20')
    expect(await empty.json()).toMatchObject({ data: { status: 'running', events: [], up_to_date: true } })
    const tag = empty.headers.get('etag') ?? ''
    expect((await poll('from=0&wait_ms=20', { 'if-none-match': tag })).status).toBe(304)
    expect((await poll('from=0', { prefer: 'wait=0' })).status).toBe(200)
    release()
  })

  it('waits no longer than the handler’s limit', async () => {
    const { poll, release } = await silentTask({ maxWaitMs: 20 })
    const answer = await poll('from=0', { prefer: 'wait=3600' })
    expect(await answer.json()).toMatchObject({ data: { status: 'running', events: [] } })
    release()
  })
})
