import { afterEach, describe, expect, test, vi } from 'vitest'
import { TaskClientError } from '../src/errors.ts'
import { TaskClient } from '../src/task-client.ts'
import { deadConnection, html, json, networkDown, refusal } from './support/fake-server.ts'
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

  test.each([
    ['a page with the status 200', () => html(200), 200],
    ['a page that begins with a blank line', () => new Response('\n <!doctype html>'), 200],
    ['a page with the status 404', () => html(404), 404],
    ['JSON of something else', () => json({ hello: 'world' }), 200],
    ['JSON of nothing', () => json(null), 200],
  ])('fails at once at %s, and says from where it came', async (_, answer, status) => {
    const world = makeWorld({ baseUrl: 'http://tasks.test/wrong' })
    world.server.script(answer)
    await expect(start(world)).resolves.toMatchObject({
      code: 'invalid_response',
      status,
      message: `HTTP ${status} from http://tasks.test/wrong: not a task server`,
    })
    expect(world.server.requests).toHaveLength(1)
  })

  test('says so when a gateway answered every time', async () => {
    const world = makeWorld()
    world.server.script(...Array.from({ length: 4 }, () => () => html(502)))
    await expect(start(world)).resolves.toMatchObject({
      code: 'invalid_response',
      message: 'HTTP 502 from /api/tasks: not a task server',
    })
    expect(world.server.requests).toHaveLength(4)
  })

  test('says so when every answer was cut short', async () => {
    const world = makeWorld()
    world.server.script(...Array.from({ length: 4 }, () => () => new Response('{"success":tr')))
    await expect(start(world)).resolves.toMatchObject({
      code: 'network_error',
      status: 200,
      message: 'HTTP 200 from /api/tasks: cut short',
    })
    expect(world.server.requests).toHaveLength(4)
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

  test('an empty key is none', async () => {
    const world = makeWorld()
    await start(world, { idempotencyKey: '' })
    expect(world.server.requests[0]?.headers.get('idempotency-key')).toMatch(/^[\d.-]{19,}$/)
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

test('list asks for several statuses at once', async () => {
  const world = makeWorld()
  await world.client.list({ status: ['succeeded', 'failed'] })
  expect(world.server.requests[0]?.query).toEqual({ status: 'succeeded,failed' })
})

test('no task has an empty id, and the list is not asked instead', async () => {
  const world = makeWorld()
  await expect(world.client.get('')).rejects.toMatchObject({ code: 'task_not_found', status: 404 })
  await expect(world.client.remove('')).resolves.toBeUndefined()
  const observer = world.client.observe('')
  observer.subscribe(() => {})
  await world.clock.advance(10_000)
  expect(observer.getSnapshot()).toMatchObject({ connection: 'failed', error: { code: 'task_not_found' } })
  expect(world.server.requests).toHaveLength(0)
})

test.each(['', '.', '..', '\ud800'])('the id "%s", which no path can hold, is never sent', async (id) => {
  const world = makeWorld()
  const { client } = world
  const calls = [
    () => client.get(id),
    () => client.cancel(id),
    () => client.cancelTool('t1', id),
    () => client.sendInput(id, { id: 'q1', value: 1 }),
    () => client.observe(id).cancel(),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'task_not_found' })
  expect(world.server.requests).toHaveLength(0)
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

test.each([
  [
    'cancelActive names the workspace and the task that is meant',
    (client: TaskClient) => client.cancelActive({ workspaceId: 'w', expectedTaskId: 't1', reason: 'enough' }),
    { path: '/api/tasks/cancel', body: { workspace_id: 'w', task_id: 't1', reason: 'enough' } },
  ],
  [
    'cancelTool names the task and the tool',
    (client: TaskClient) => client.cancelTool('t1', 'call/1'),
    { path: '/api/tasks/t1/tools/call%2F1/cancel' },
  ],
  [
    'sendInput sends the answer with the id of the question',
    (client: TaskClient) => client.sendInput('t1', { id: 'q1', value: { yes: true } }),
    { path: '/api/tasks/t1/input', body: { id: 'q1', value: { yes: true } } },
  ],
])('%s, and repeats a lost answer', async (_, call, expected) => {
  const world = makeWorld()
  const data = { task_id: 't1' }
  world.server.script(networkDown, () => json({ success: true, data }))
  const answer = call(world.client)
  await world.clock.advance(1_000)
  await expect(answer).resolves.toEqual(data)
  expect(world.server.requests).toMatchObject([
    { method: 'POST', ...expected },
    { method: 'POST', ...expected },
  ])
})

test('cancelActive needs to name nothing, but is then asked for once: a second time might stop a second task', async () => {
  const world = makeWorld()
  world.server.script(networkDown)
  const failure = world.client.cancelActive().catch((error: unknown) => error)
  await world.clock.advance(120_000)
  await expect(failure).resolves.toMatchObject({ code: 'network_error' })
  expect(world.server.requests).toMatchObject([{ method: 'POST', path: '/api/tasks/cancel', body: {} }])
})

test('an attempt whose answer does not come within 30 s is given up, and repeated', async () => {
  const world = makeWorld()
  world.server.script(deadConnection)
  await expect(start(world)).resolves.toMatchObject({ task_id: 't1' })
  const [first, second] = world.server.requests
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(30_500)
  expect(first?.signal?.aborted).toBe(true)
  expect(world.clock.pending).toBe(0)
  expect(world.server.inFlight).toBe(0)
})

test('calls fail in the end where nothing ever answers', async () => {
  const world = makeWorld()
  world.server.script(...Array.from({ length: 9 }, () => deadConnection))
  const failure = world.client.list().catch((error: unknown) => error)
  await world.clock.advance(150_000)
  await expect(failure).resolves.toMatchObject({ code: 'network_error', message: 'No answer in 30 s' })
  expect(world.server.requests).toHaveLength(4)
  expect(world.clock.pending).toBe(0)
})

test('a date in Retry-After counts by the clock of who wrote it', async () => {
  const world = makeWorld()
  const headers = { date: 'Sat, 01 Jan 2000 00:00:00 GMT', 'retry-after': 'Sat, 01 Jan 2000 00:00:05 GMT' }
  world.server.script(() => refusal(429, 'rate_limited', headers))
  await expect(world.client.read('t1')).rejects.toMatchObject({ retryAfter: 5 })
})

describe('remove', () => {
  test('deletes the task, without a body', async () => {
    const world = makeWorld()
    world.server.script(() => json({ success: true, data: { task_id: 't1' } }))
    await expect(world.client.remove('t1')).resolves.toBeUndefined()
    const [request] = world.server.requests
    expect(request).toMatchObject({ method: 'DELETE', path: '/api/tasks/t1', body: null })
    // What no form of a foreign page can send: where cookies count and no browser says from where, this does.
    expect(request?.headers.get('content-type')).toBe('application/json')
  })

  test('is content when the task is gone, as after a lost answer', async () => {
    const world = makeWorld()
    world.server.script(networkDown, () => refusal(404, 'task_not_found'))
    const answer = world.client.remove('t1')
    await world.clock.advance(1_000)
    await expect(answer).resolves.toBeUndefined()
    expect(world.server.requests).toHaveLength(2)
  })

  test('says that a task has not ended', async () => {
    const world = makeWorld()
    world.server.script(() => refusal(409, 'task_not_finished'))
    await expect(world.client.remove('t1')).rejects.toMatchObject({ code: 'task_not_finished' })
  })
})

test('every create is told to who listens, with its answer to come', async () => {
  const world = makeWorld()
  const told: unknown[] = []
  const end = world.client.onStart((body, answer) => {
    told.push(body)
    void answer.then(({ task_id }) => told.push(task_id))
  })
  const answer = world.client.start({ message: 'one' })
  expect(told).toEqual([{ message: 'one' }])
  await answer
  expect(told).toEqual([{ message: 'one' }, 't1'])
  end()
  await world.client.start({ message: 'two' })
  expect(told).toHaveLength(2)
})

test('a broken listener to creates stops neither the others nor the create', async () => {
  const world = makeWorld()
  const uncaught: unknown[] = []
  const broken = new Error('broken listener')
  const told: unknown[] = []
  world.client.onStart(() => {
    throw broken
  })
  world.client.onStart((body) => told.push(body))
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', (error) => uncaught.push(error))
  try {
    await expect(world.client.start({ message: 'one' })).resolves.toMatchObject({ task_id: 't1' })
    await vi.waitFor(() => expect(uncaught).toEqual([broken]))
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
  expect(told).toEqual([{ message: 'one' }])
})

test('a body that is no JSON is told as it is, and nothing is asked', async () => {
  const world = makeWorld()
  const body: Record<string, unknown> = {}
  body.itself = body
  await expect(world.client.start(body)).rejects.toThrow(TypeError)
  expect(world.server.requests).toHaveLength(0)
})

test('headers that cannot be made are a failure of the network, with their cause', async () => {
  const cause = new Error('token service is down')
  const world = makeWorld({ headers: () => Promise.reject(cause) })
  await expect(world.client.read('t1')).rejects.toMatchObject({
    code: 'network_error',
    message: 'No answer from /api/tasks/t1: token service is down',
    cause,
  })
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

describe('a URL that is none', () => {
  afterEach(() => vi.unstubAllGlobals())

  test.each([
    ['has no origin outside of a browser', undefined],
    ['has no host', 'http://:80'],
    ['is misspelt', 'http//localhost/api/tasks'],
  ])('fails at once where baseUrl %s, and asks nothing', async (_, baseUrl) => {
    const fetch = vi.fn()
    vi.stubGlobal('fetch', fetch)
    const world = makeWorld({ fetch: undefined, baseUrl })
    const failure = await start(world)
    expect(failure).toMatchObject({ code: 'invalid_url', status: null, transient: false })
    expect(failure).toMatchObject({
      message: `No URL: ${baseUrl ?? '/api/tasks'}`,
      cause: expect.any(TypeError) as unknown,
    })
    expect(fetch).not.toHaveBeenCalled()
    expect(world.clock.pending).toBe(0)
  })

  test('makes an observer give up', async () => {
    const world = makeWorld({ fetch: undefined })
    const observer = world.client.observe('t1')
    observer.subscribe(() => {})
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'failed', error: { code: 'invalid_url' } })
  })

  test('is told from one that leads elsewhere: a page with the status 404 makes an observer give up too', async () => {
    const world = makeWorld()
    const observer = world.client.observe('t1')
    observer.subscribe(() => {})
    world.server.script(() => html(404))
    await world.clock.advance(0)
    expect(observer.getSnapshot()).toMatchObject({
      connection: 'failed',
      error: { code: 'invalid_response' },
    })
    expect(observer.getSnapshot().error?.message).toMatch(
      /^HTTP 404 from \/api\/tasks\/t1\?.*: not a task server$/,
    )
  })

  test('is the business of a fetch that was passed in: it may know what a path belongs to', async () => {
    const world = makeWorld({ baseUrl: '/api/tasks' })
    await expect(world.client.list()).resolves.toMatchObject({ viewer: 'v1' })
  })
})
