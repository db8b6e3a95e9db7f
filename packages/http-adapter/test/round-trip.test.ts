import type { TaskManager } from '@outlast/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Mounted, mounts } from './mounts.ts'
import { authenticate, chatManager, createTask, headersOf, post, readPage } from './task-fixtures.ts'

describe.each(mounts)('a task through the $name', ({ open }) => {
  let manager: TaskManager
  let release: () => void
  let mounted: Mounted
  const failures: unknown[] = []

  beforeEach(async () => {
    ;({ manager, release } = chatManager())
    mounted = await open(manager, { authenticate, onError: (error) => failures.push(error) })
  })

  afterEach(async () => {
    await mounted.close()
    await manager.close({ drainMs: 0 })
    expect(failures).toEqual([])
  })

  const headers = headersOf('alice')

  it('is created, followed by long-polls and ends', async () => {
    const created = await mounted.send(
      '/',
      post('alice', { message: ' hi ', conversation_id: 'c1', run_mode: 'DEEP' }),
    )
    expect(created.status).toBe(202)
    expect(created.headers.get('cache-control')).toBe('no-store')
    const { data } = (await created.json()) as { data: { task_id: string } }
    expect(created.headers.get('location')).toBe(`/api/tasks/${data.task_id}`)
    expect(data).toEqual({
      task_id: expect.stringMatching(/^.{20,}$/),
      status: expect.stringMatching(/^(?:pending|running)$/),
      created_at: expect.closeTo(Date.now() / 1_000, -1),
      conversation_id: 'c1',
    })

    let page = await readPage(mounted, 'alice', `/${data.task_id}?from=0&wait_ms=5000`)
    while (page.next_offset < 2) {
      page = await readPage(mounted, 'alice', `/${data.task_id}?from=0&wait_ms=5000`)
    }
    expect(page).toMatchObject({
      task_id: data.task_id,
      type: 'chat',
      status: 'running',
      message: 'hi',
      summary: { message: 'hi', run_mode: 'deep', image_count: 0 },
      conversation_id: 'c1',
      workspace_id: 'default',
      finished_at: null,
      error: null,
      result: null,
      stop: null,
      first_idx: 0,
      up_to_date: true,
      truncated: false,
      poll_interval_ms: 150,
      snapshot: null,
    })
    expect(page.events.slice(0, 2)).toEqual([
      { idx: 0, type: 'text_start', data: {}, ts: expect.any(Number) },
      { idx: 1, type: 'text_chunk', data: { content: 'hello' }, ts: expect.any(Number) },
    ])

    const waiting = readPage(mounted, 'alice', `/${data.task_id}?from=${page.next_offset}&wait_ms=20000`)
    release()
    expect((await waiting).events.length).toBeGreaterThan(0)
    const whole = await finalPage(data.task_id)
    expect(whole).toMatchObject({ status: 'succeeded', result: { media: [] }, poll_interval_ms: 1_000 })
    expect(whole.events.map(({ idx }) => idx)).toEqual(whole.events.map((_, index) => index))
    expect(whole.events.at(-1)?.type).toBe('task_complete')
    expect(whole.next_offset).toBe(whole.events.length)
  })

  async function finalPage(taskId: string) {
    for (;;) {
      const page = await readPage(mounted, 'alice', `/${taskId}?from=999&wait_ms=5000`)
      if (page.finished_at !== null) return readPage(mounted, 'alice', `/${taskId}`)
    }
  }

  it('is canceled with a reason, and twice is an acknowledgement', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'hi' })
    await readPage(mounted, 'alice', `/${taskId}?from=0&wait_ms=5000`)
    const cancel = async (init: RequestInit) => (await mounted.send(`/${taskId}/cancel`, init)).json()
    expect(await cancel(post('alice', { reason: 'enough' }))).toEqual({
      success: true,
      data: { task_id: taskId, status: 'cancel_requested', outcome: 'requested' },
    })
    const page = await finalPage(taskId)
    expect(page).toMatchObject({ status: 'canceled', stop: { reason: 'enough', actor: 'alice' } })
    expect(page.events.filter(({ type }) => type === 'task_complete')).toHaveLength(1)
    expect(await cancel({ method: 'POST', headers: { 'x-user': 'alice' } })).toEqual({
      success: true,
      data: { task_id: taskId, status: 'canceled', outcome: 'finished' },
    })
  })

  it('keeps its scope: a second create names the running task', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'hi' })
    await readPage(mounted, 'alice', `/${taskId}?from=0&wait_ms=5000`)
    const second = await mounted.send('/', post('alice', { message: 'again' }))
    expect(second.status).toBe(409)
    expect(await second.json()).toEqual({
      success: false,
      code: 'task_already_running',
      error: expect.any(String),
      task: { task_id: taskId, status: 'running', next_offset: expect.any(Number) },
    })
    expect((await mounted.send('/', post('bob', { message: 'hi' }))).status).toBe(202)
  })

  it('is created once for one idempotency key', async () => {
    const withKey = (body: unknown) => {
      const init = post('alice', body)
      return mounted.send('/', { ...init, headers: { ...headers, 'idempotency-key': 'k1' } })
    }
    const first = (await (await withKey({ message: 'hi' })).json()) as { data: { task_id: string } }
    const again = await withKey({ message: 'hi' })
    expect(again.status).toBe(200)
    expect(await again.json()).toMatchObject({ data: { task_id: first.data.task_id, repeated: true } })
    const other = await withKey({ message: 'something else' })
    expect(other.status).toBe(422)
    expect(await other.json()).toMatchObject({ code: 'idempotency_mismatch' })
  })

  it('stands in its owner’s list, newest first and in pages', async () => {
    const ids: string[] = []
    for (const conversation of ['c1', 'c2', 'c3']) {
      const taskId = await createTask(mounted, 'alice', { message: 'quick', conversation_id: conversation })
      await finalPage(taskId)
      ids.unshift(taskId)
    }
    const running = await createTask(mounted, 'alice', { message: 'hi' })
    const list = async (query: string) => {
      const answer = await (await mounted.send(query, { headers })).json()
      return answer as { data: { task_id: string }[]; next_cursor: string | null; viewer: string }
    }
    const idsOf = ({ data }: { data: { task_id: string }[] }) => data.map(({ task_id }) => task_id)
    expect(idsOf(await list('/'))).toEqual([running, ...ids])
    expect(idsOf(await list('?status=active'))).toEqual([running])
    expect(idsOf(await list('?status=succeeded,active'))).toEqual([running, ...ids])
    expect(idsOf(await list('?status=failed,canceled'))).toEqual([])
    expect(idsOf(await list('?status=succeeded&conversation_id=c2'))).toEqual([ids[1]])
    expect(idsOf(await list('?workspace_id=elsewhere'))).toEqual([])
    for (const query of ['?status=done', '?status=', '?status=active,toString', '?limit=0']) {
      expect((await mounted.send(query, { headers })).status).toBe(400)
    }
    const first = await list('/?status=succeeded&limit=2')
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(first.viewer).toMatch(/^[\w-]{22}$/)
    const second = await list(
      `/?status=succeeded&limit=2&cursor=${encodeURIComponent(first.next_cursor ?? '')}`,
    )
    expect(idsOf(second)).toEqual(ids.slice(2))
    expect(second).toMatchObject({ next_cursor: null, viewer: first.viewer })
    expect((await readPage(mounted, 'alice', `/${running}`)).viewer).toBe(first.viewer)
  })

  it('answers 304 while nothing has changed, and at once when something has', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'quick' })
    await finalPage(taskId)
    const first = await mounted.send(`/${taskId}`, { headers })
    const etag = first.headers.get('etag') ?? ''
    const again = await mounted.send(`/${taskId}`, { headers: { ...headers, 'if-none-match': etag } })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    const other = await mounted.send(`/${taskId}?from=1`, { headers: { ...headers, 'if-none-match': etag } })
    expect(other.status).toBe(200)
  })

  it('is read in pages when they are asked for', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'quick' })
    const whole = await finalPage(taskId)
    const first = await readPage(mounted, 'alice', `/${taskId}?limit=2`)
    expect(first).toMatchObject({ next_offset: 2, up_to_date: false, events: whole.events.slice(0, 2) })
    const second = await readPage(mounted, 'alice', `/${taskId}?from=2&max_bytes=1`)
    expect(second).toMatchObject({ next_offset: 3, events: whole.events.slice(2, 3) })
  })

  it('R5 · declares a cursor of another epoch, or beyond the end of this one, void', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'quick' })
    const { epoch } = await finalPage(taskId)
    for (const query of ['from=0&epoch=other', `from=999&epoch=${encodeURIComponent(epoch)}`]) {
      const response = await mounted.send(`/${taskId}?${query}`, { headers })
      expect(response.status).toBe(410)
      expect(await response.json()).toMatchObject({ code: 'cursor_void' })
    }
    expect(await readPage(mounted, 'alice', `/${taskId}?from=999`)).toMatchObject({
      next_offset: 999,
      events: [],
    })
  })

  it('answers HEAD as GET, without the body', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'quick' })
    await finalPage(taskId)
    const response = await mounted.send(`/${taskId}`, { method: 'HEAD', headers })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.text()).toBe('')
  })

  it('ends a long-poll when the client goes away', async () => {
    const taskId = await createTask(mounted, 'alice', { message: 'hi' })
    const { next_offset } = await readPage(mounted, 'alice', `/${taskId}?from=0&wait_ms=5000`)
    const client = new AbortController()
    const waited: string[] = []
    const original = manager.waitForChange.bind(manager)
    const left = new Promise<void>((resolve) => {
      manager.waitForChange = async (...call) => {
        setTimeout(() => client.abort(), 0)
        const outcome = await original(...call)
        waited.push(outcome)
        resolve()
        return outcome
      }
    })
    const poll = mounted.send(`/${taskId}?from=${next_offset + 100}&wait_ms=20000`, {
      headers,
      signal: client.signal,
    })
    await poll.catch(() => 'the client aborted')
    await left
    expect(waited).toEqual(['aborted'])
  })
})
