import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskManager } from '@outlast/core'
import type { EventPage } from '@outlast/core/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachTaskWebSocket } from '../src/websocket.ts'
import { besideText, type Served } from './mounts/serve.ts'
import { mountMatrix } from './mounts.ts'
import { until } from './push-world.ts'
import { readUntil } from './read-until.ts'
import { SocketClient } from './socket-client.ts'
import { authenticate, chatManager, createTask, headersOf, post, readPage } from './task-fixtures.ts'

const origin = 'https://app.example.com'
/** A machine that is busy with something else may be late once. */
const retries = 2

describe.each(mountMatrix)('mounted on $name', (mount) => {
  let manager: TaskManager
  let served: Served
  const failures: unknown[] = []

  beforeAll(async () => {
    ;({ manager } = chatManager())
    served = await mount.open(manager, {
      authenticate,
      allowedOrigins: [origin],
      push: { maxWatchersPerUser: 1 },
      onError: (error) => failures.push(error),
    })
  })

  afterAll(async () => {
    await served.close()
    await manager.close({ drainMs: 0 })
    expect(failures).toEqual([])
  })

  /** A request of a page of the origin that the CORS middleware lets in, by a client that takes gzip. */
  function send(path: string, userId: string, init: RequestInit = {}): Promise<Response> {
    return served.send(path, {
      ...init,
      headers: { ...headersOf(userId), origin, 'accept-encoding': 'gzip' },
    })
  }

  function expectCors({ headers }: Response): void {
    expect(headers.get('access-control-allow-origin')).toBe(mount.cors ? origin : null)
    expect(headers.get('access-control-allow-credentials')).toBe(mount.cors ? 'true' : null)
  }

  /** Creates a task that has said something and says no more, and waits until it has. */
  async function createQuiet(userId: string): Promise<string> {
    const taskId = await createTask(served, userId, { message: 'hi' })
    let page: EventPage
    do page = await readPage(served, userId, `/${taskId}?from=1&wait_ms=5000`)
    while (page.next_offset < 2)
    return taskId
  }

  it('creates, reads, lists and cancels', async () => {
    const created = await send('/', 'alice', post('alice', { message: 'hi', conversation_id: 'c1' }))
    expect(created.status).toBe(202)
    expectCors(created)
    const { data } = (await created.json()) as { data: { task_id: string } }
    expect(created.headers.get('location')).toBe(`${served.basePath}/${data.task_id}`)

    const page = await readPage(served, 'alice', `/${data.task_id}?from=0&wait_ms=5000`)
    expect(page).toMatchObject({ task_id: data.task_id, message: 'hi', conversation_id: 'c1' })

    const list = await send('?status=active', 'alice')
    expectCors(list)
    expect(list.headers.get('content-encoding')).toBe(mount.compression ? 'gzip' : null)
    expect(await list.json()).toMatchObject({ success: true, data: [{ task_id: data.task_id }] })

    const cancel = await send(`/${data.task_id}/cancel`, 'alice', post('alice', { reason: 'enough' }))
    expect(await cancel.json()).toMatchObject({ data: { task_id: data.task_id, outcome: 'requested' } })
    const again = await send(`/${data.task_id}/cancel`, 'alice', { method: 'POST' })
    expect(again.status).toBe(200)
  })

  it('streams an event at once, though the next one is long in coming, and ends with the task', {
    retry: retries,
  }, async () => {
    const bob = randomUUID()
    const taskId = await createQuiet(bob)
    const openedAt = performance.now()
    const stream = await send(`/${taskId}/events`, bob)
    const reader = readUntil(stream)
    expect(await reader.until('hello')).toContain(
      'data: {"idx":1,"type":"text_chunk","data":{"content":"hello"}',
    )
    expect(performance.now() - openedAt).toBeLessThan(300)
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers.get('content-encoding')).toBeNull()
    expect(stream.headers.get('x-accel-buffering')).toBe('no')
    expectCors(stream)

    const stoppedAt = performance.now()
    await send('/cancel', bob, post(bob, { task_id: taskId }))
    expect(await reader.until('task_complete')).toContain('canceled')
    expect(performance.now() - stoppedAt).toBeLessThan(300)
    expect(await reader.toEnd()).toMatch(/event: end\ndata: \{\}\n\n$/)
  })

  it('takes a WebSocket on the same server', async () => {
    const { server, port, basePath } = served
    const webSocket = attachTaskWebSocket(server, manager, { authenticate, basePath })
    const taskId = await createQuiet('grace')
    const client = new SocketClient(`ws://127.0.0.1:${port}${basePath}/ws`, { headers: headersOf('grace') })
    await client.opened()
    client.say({ op: 'subscribe', task_id: taskId })
    await until(() => client.indexes.length === 2)
    expect(client.indexes).toEqual([0, 1])
    client.webSocket.close()
    await until(() => client.closed !== null)
    webSocket.close()
  })

  it('notices that the reader of a stream has gone', async () => {
    const taskId = await createQuiet('carol')
    const client = new AbortController()
    const stream = await send(`/${taskId}/events`, 'carol', { signal: client.signal })
    await readUntil(stream).until('hello')
    expect((await send(`/${taskId}/events`, 'carol')).status).toBe(429)
    client.abort()
    for (;;) {
      const next = await send(`/${taskId}/events`, 'carol')
      await next.body?.cancel()
      if (next.status === 200) break
      await delay(5)
    }
    expect((await readPage(served, 'carol', `/${taskId}`)).status).toBe('running')
  })

  it('answers bad JSON in JSON', async () => {
    for (const body of ['{"message": ', '{"message": "hi"}}', 'null', '\u0000']) {
      const response = await send('/', 'dave', { method: 'POST', body })
      expect(response.status).toBe(400)
      expectCors(response)
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(await response.json()).toMatchObject({
        success: false,
        code: expect.stringMatching(/^invalid_/),
      })
    }
  })

  it('knows no task of another user, on no route', async () => {
    const taskId = await createQuiet('erin')
    const stop = { method: 'POST' }
    for (const [path, init] of [
      [`/${taskId}`, {}],
      [`/${taskId}?from=9&wait_ms=5000`, {}],
      [`/${taskId}/events`, {}],
      [`/${taskId}/cancel`, stop],
      [`/${taskId}/tools/t/cancel`, stop],
      [`/${taskId}/input`, { method: 'POST', body: '{"id":"q","value":1}' }],
      [`/${taskId}`, { method: 'DELETE' }],
    ] as const) {
      const foreign = await send(path, 'mallory', init)
      const unknown = await send(path.replace(taskId, 'unknown'), 'mallory', init)
      expect(foreign.status, path).toBe(404)
      expect(await foreign.text()).toBe(await unknown.text())
      expectCors(foreign)
    }
    expect((await readPage(served, 'erin', `/${taskId}`)).status).toBe('running')
  })

  it('removes a task, also for who says that a body which is none is JSON', async () => {
    const taskId = await createQuiet('gina')
    await send(`/${taskId}/cancel`, 'gina', { method: 'POST', body: '{}' })
    let page: EventPage
    do page = await readPage(served, 'gina', `/${taskId}?wait_ms=100`)
    while (page.status !== 'canceled')
    const removed = await send(`/${taskId}`, 'gina', { method: 'DELETE' })
    expect(await removed.json()).toMatchObject({ success: true, data: { task_id: taskId } })
    expect((await send(`/${taskId}`, 'gina')).status).toBe(404)
  })

  it('answers HEAD as GET without a body, and other methods with those that there are', async () => {
    const taskId = await createQuiet('frank')
    for (const [path, type] of [
      ['/', 'application/json; charset=utf-8'],
      [`/${taskId}`, 'application/json; charset=utf-8'],
      [`/${taskId}/events`, 'text/event-stream; charset=utf-8'],
    ] as const) {
      const head = await send(path, 'frank', { method: 'HEAD' })
      expect(head.status, path).toBe(200)
      expect(head.headers.get('content-type')).toBe(type)
      expect(await head.text()).toBe('')
    }
    for (const [path, method, allow] of [
      ['/', 'PUT', 'GET, POST, HEAD'],
      [`/${taskId}`, 'PATCH', 'GET, DELETE, HEAD'],
      [`/${taskId}/events`, 'POST', 'GET, HEAD'],
      [`/${taskId}/cancel`, 'GET', 'POST'],
    ] as const) {
      const response = await send(path, 'frank', { method })
      expect(response.status, path).toBe(405)
      expect(response.headers.get('allow')?.split(', ').sort()).toEqual(allow.split(', ').sort())
      expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
    }
  })

  it('leaves the rest of the application alone', async () => {
    const beside = await fetch(`http://127.0.0.1:${served.port}/beside`, { headers: { origin } })
    expect(beside.status).toBe(200)
    expect(await beside.text()).toBe(besideText)
    if (mount.compression) expect(beside.headers.get('content-encoding')).not.toBeNull()
    const preflight = await fetch(`http://127.0.0.1:${served.port}${served.basePath}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expectCors(preflight)
    expect(preflight.ok).toBe(mount.cors === true)
  })
})
