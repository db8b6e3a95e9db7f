import { describe, expect, test, vi } from 'vitest'
import { TaskClientError } from '../src/errors.ts'
import { TaskClient } from '../src/task-client.ts'
import { deadConnection, html, networkDown, refusal } from './support/fake-server.ts'
import { makeWorld, type World } from './support/make-world.ts'

/** Starts a task while time passes. */
async function start({ client, clock }: World, options = {}): Promise<unknown> {
  const answer = client.start({ message: 'hello' }, options).catch((error: unknown) => error)
  await clock.advance(120_000)
  return answer
}

describe('start', () => {
  test('posts the body as JSON under an idempotency key of its own', async () => {
    const world = makeWorld()
    await expect(start(world)).resolves.toMatchObject({ task_id: 't1', status: 'running' })
    const [request] = world.server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/api/tasks', body: { message: 'hello' } })
    expect(request?.headers.get('content-type')).toBe('application/json')
    expect(request?.headers.get('idempotency-key')).toMatch(/^[\d.-]{19,}$/)
  })

  test.each([
    ['a lost answer', networkDown],
    ['a 502', () => html(502)],
    ['a 503', () => refusal(503, 'store_unavailable')],
    ['a cut answer', () => new Response('{"success":tr', { status: 202 })],
  ])('repeats after %s with the same key', async (_, answer) => {
    const world = makeWorld()
    world.server.script(answer, answer)
    await expect(start(world)).resolves.toMatchObject({ task_id: 't1' })
    expect(world.server.requests).toHaveLength(3)
    const keys = world.server.requests.map(({ headers }) => headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(1)
  })

  test('gives up after the third repeat', async () => {
    const world = makeWorld()
    world.server.script(...Array.from({ length: 9 }, () => networkDown))
    await expect(start(world)).resolves.toMatchObject({ code: 'network_error', status: null })
    expect(world.server.requests).toHaveLength(4)
  })

  test('waits as long as Retry-After says, but not for ever', async () => {
    const world = makeWorld()
    world.server.script(() => refusal(503, 'queue_full', { 'retry-after': '5' }))
    await start(world)
    const [first, second] = world.server.requests
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(5_000)
    world.server.script(() => refusal(503, 'shutting_down', { 'retry-after': '600' }))
    await expect(start(world)).resolves.toMatchObject({ code: 'shutting_down', retryAfter: 600 })
  })

  test('uses the key that was given', async () => {
    const world = makeWorld()
    await start(world, { idempotencyKey: 'mine' })
    expect(world.server.requests[0]?.headers.get('idempotency-key')).toBe('mine')
  })

  test('two starts have two keys', async () => {
    const world = makeWorld({ random: Math.random })
    await start(world)
    await start(world)
    const [first, second] = world.server.requests.map(({ headers }) => headers.get('idempotency-key'))
    expect(first).not.toBe(second)
  })

  test('says which task is running already, and does not repeat', async () => {
    const world = makeWorld()
    const task = { task_id: 't0', status: 'running', next_offset: 7 }
    world.server.script(() => refusal(409, 'task_already_running', {}, { task }))
    await expect(start(world)).resolves.toMatchObject({ code: 'task_already_running', status: 409, task })
    expect(world.server.requests).toHaveLength(1)
  })

  test('says what was wrong with the input', async () => {
    const world = makeWorld()
    const issues = [{ path: 'message', message: 'must not be empty' }]
    world.server.script(() => refusal(400, 'invalid_input', {}, { issues }))
    await expect(start(world)).resolves.toMatchObject({
      code: 'invalid_input',
      issues,
      message: 'It was invalid_input.',
    })
  })

  test('ends with the reason of its signal, also between two tries', async () => {
    const world = makeWorld()
    world.server.script(networkDown)
    const controller = new AbortController()
    const answer = world.client.start({}, { signal: controller.signal })
    await world.clock.advance(100)
    controller.abort(new Error('left the page'))
    await expect(answer).rejects.toThrow('left the page')
    expect(world.clock.pending).toBe(0)
    await expect(world.client.start({}, { signal: controller.signal })).rejects.toThrow('left the page')
    expect(world.server.requests).toHaveLength(1)
  })
})

test('list sends the query in the words of the wire', async () => {
  const world = makeWorld()
  const page = await world.client.list({
    status: 'active',
    workspaceId: 'w',
    conversationId: 'c',
    limit: 5,
    cursor: 'x',
  })
  expect(page).toMatchObject({ tasks: [{ task_id: 't1' }], nextCursor: null, viewer: 'v1' })
  expect(world.server.requests[0]?.query).toEqual({
    status: 'active',
    workspace_id: 'w',
    conversation_id: 'c',
    limit: '5',
    cursor: 'x',
  })
})

test('get answers the record without the log', async () => {
  const world = makeWorld()
  world.server.text('a', 'b')
  const task = await world.client.get('t1')
  expect(Object.keys(task).sort()).toEqual(Object.keys(world.server.task).sort())
})

test('read sends its cursor, and asks once', async () => {
  const world = makeWorld()
  await world.client.read('t 1/ä', { from: 3, epoch: 'e1', limit: 10, snapshot: 'blocks@1', waitMs: 500 })
  expect(world.server.requests[0]?.path).toBe('/api/tasks/t%201%2F%C3%A4')
  expect(world.server.requests[0]?.query).toEqual({
    from: '3',
    epoch: 'e1',
    limit: '10',
    snapshot: 'blocks@1',
    wait_ms: '500',
  })
  world.server.script(networkDown)
  await expect(world.client.read('t1')).rejects.toMatchObject({ code: 'network_error' })
  expect(world.server.requests).toHaveLength(2)
})

test('read ends with the reason of its signal, not with an error of the network', async () => {
  const world = makeWorld()
  world.server.script(deadConnection)
  const controller = new AbortController()
  const answer = world.client.read('t1', { signal: controller.signal })
  await world.clock.advance(0)
  controller.abort(new Error('left the page'))
  await expect(answer).rejects.toThrow('left the page')
})

test('cancel repeats a lost answer, as twice is the same wish', async () => {
  const world = makeWorld()
  world.server.script(networkDown)
  const answer = world.client.cancel('t1', { reason: 'enough' })
  await world.clock.advance(1_000)
  await expect(answer).resolves.toMatchObject({ outcome: 'requested' })
  expect(world.server.requests.map(({ body }) => body)).toEqual([{ reason: 'enough' }, { reason: 'enough' }])
})

test('headers that cannot be made are a failure of the network, with their cause', async () => {
  const cause = new Error('token service is down')
  const world = makeWorld({ headers: () => Promise.reject(cause) })
  await expect(world.client.read('t1')).rejects.toMatchObject({ code: 'network_error', cause })
})

test('without options it uses the global fetch as it is at the time of the call', async () => {
  const seen: string[] = []
  vi.stubGlobal('fetch', async (url: string) => {
    seen.push(url)
    return html(404)
  })
  try {
    const failure = await new TaskClient({ baseUrl: 'http://127.0.0.1:1/jobs/' })
      .get('t1')
      .catch((error: unknown) => error)
    expect(TaskClientError.is(failure, 'invalid_response')).toBe(true)
    expect(seen).toEqual(['http://127.0.0.1:1/jobs/t1?limit=1'])
  } finally {
    vi.unstubAllGlobals()
  }
})
