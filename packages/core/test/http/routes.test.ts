import { describe, expect, it, vi } from 'vitest'
import { until } from '../support/test-manager.ts'
import { routeWorld } from './route-world.ts'

const nothing = { task_id: null, status: null, outcome: 'finished' }

describe('POST /cancel', () => {
  it('stops the task that holds the scope of the viewer’s workspace, and says so twice', async () => {
    const { ask, createUntil, manager } = routeWorld()
    const id = await createUntil('wait', 'text_end')
    const first = await ask('POST', '/cancel', { body: { reason: 'enough' } })
    expect(first).toMatchObject({
      status: 200,
      body: { success: true, data: { task_id: id, outcome: 'requested' } },
    })
    await until(async () => (await manager.get(id))?.status === 'canceled')
    expect((await manager.get(id))?.stop).toMatchObject({ reason: 'enough', actor: 'alice' })
    expect((await ask('POST', '/cancel')).body.data).toEqual(nothing)
  })

  it('leaves a newer run alone when it names an older one', async () => {
    const { ask, create, createUntil, manager } = routeWorld()
    const old = await create({ message: 'quick' })
    await until(async () => (await manager.get(old))?.status === 'succeeded')
    const newer = await createUntil('wait', 'text_end')
    const stale = await ask('POST', '/cancel', { body: { task_id: old } })
    expect(stale.body.data).toEqual({ task_id: old, status: 'succeeded', outcome: 'finished' })
    expect((await manager.get(newer))?.status).toBe('running')
    const meant = await ask('POST', '/cancel', { body: { task_id: newer } })
    expect(meant.body.data).toMatchObject({ task_id: newer, outcome: 'requested' })
  })

  it('reaches no other workspace and no other user, whatever it names', async () => {
    const { ask, createUntil, manager } = routeWorld()
    const id = await createUntil('wait', 'text_end')
    for (const given of [
      { body: {}, user: 'mallory' },
      { body: { task_id: id }, user: 'mallory' },
      { body: { task_id: 'unknown' } },
      { body: { workspace_id: 'w2' } },
      { body: { workspace_id: 'w2', task_id: id } },
      { body: {}, headers: { 'x-workspace': 'w2' } },
    ]) {
      expect((await ask('POST', '/cancel', given)).body.data).toEqual(nothing)
    }
    expect((await manager.get(id))?.status).toBe('running')
    const named = await ask('POST', '/cancel', {
      body: { workspace_id: 'default' },
      headers: { 'x-workspace': 'w2' },
    })
    expect(named.body.data.outcome).toBe('requested')
  })

  it('means a task of another scope only by its id', async () => {
    const { ask, manager } = routeWorld()
    const { body } = await ask('POST', '/', { body: { type: 'job', name: 'a' } })
    expect((await ask('POST', '/cancel')).body.data).toEqual(nothing)
    const named = await ask('POST', '/cancel', { body: { task_id: body.data.task_id } })
    expect(named.body.data.task_id).toBe(body.data.task_id)
    await until(async () => (await manager.get(body.data.task_id))?.status === 'canceled')
  })

  it('finds the task behind a page of others', async () => {
    const { ask, create, manager } = routeWorld({ limits: { maxActivePerUser: 1_000 } }, { concurrency: 1 })
    const id = await create({ message: 'wait' })
    for (let job = 0; job < 201; job++) {
      await manager.create({ type: 'job', userId: 'alice', input: { name: `j${job}` } })
    }
    expect((await ask('POST', '/cancel')).body.data.task_id).toBe(id)
  })

  it.each([{ taskId: 'x' }, { task_id: '' }, { task_id: 7 }, { reason: 'x'.repeat(1_001) }, [], 'x'])(
    'refuses %j',
    async (body) => {
      const answer = await routeWorld().ask('POST', '/cancel', { body: JSON.stringify(body) })
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
      expect(answer.body.issues).not.toEqual([])
    },
  )
})

describe('POST /:id/tools/:tool_id/cancel', () => {
  it('cancels one running call, whose id may hold any character, and the task goes on', async () => {
    const { ask, createUntil, manager } = routeWorld()
    const id = await createUntil('tool', 'tool_start')
    const answer = await ask('POST', `/${id}/tools/${encodeURIComponent('t/1')}/cancel`)
    expect(answer).toMatchObject({
      status: 200,
      body: { data: { task_id: id, tool_id: 't/1', outcome: 'requested' } },
    })
    await until(async () => (await manager.get(id))?.status === 'succeeded')
    const late = await ask('POST', `/${id}/tools/${encodeURIComponent('t/1')}/cancel`)
    expect(late).toMatchObject({ status: 404, body: { code: 'tool_not_found' } })
  })

  it.each(['other', '%zz', 'constructor', ''])('answers tool_not_found for the id %j', async (toolId) => {
    const { ask, createUntil } = routeWorld()
    const id = await createUntil('tool', 'tool_start')
    expect((await ask('POST', `/${id}/tools/${toolId}/cancel`)).body.code).toBe('tool_not_found')
  })
})

describe('POST /:id/input', () => {
  it('takes the first answer that fits, and acknowledges a second', async () => {
    const { ask, createUntil, manager } = routeWorld()
    const id = await createUntil('ask', 'input_request')
    const answer = (body: unknown) => ask('POST', `/${id}/input`, { body })
    expect(await answer({ id: 'size', value: { size: 'x' } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_input', issues: [{ path: 'size' }] },
    })
    expect((await answer({ id: 'other', value: 1 })).body.code).toBe('input_not_found')
    expect((await answer({ id: 'size', value: { size: 3 } })).body.data).toMatchObject({
      task_id: id,
      id: 'size',
      outcome: 'accepted',
    })
    await until(async () => (await manager.get(id))?.status === 'succeeded')
    expect((await answer({ id: 'size', value: { size: 4 } })).body.data.outcome).toBe('already_answered')
    expect((await manager.get(id))?.result).toContain('"size":3')
  })

  it('tells that a question is closed, also when its task ends at that moment', async () => {
    const { ask, createUntil, manager } = routeWorld()
    const id = await createUntil('ask', 'input_request')
    vi.spyOn(manager, 'answerInput').mockResolvedValueOnce({ outcome: 'finished', status: 'canceled' })
    const body = { id: 'size', value: { size: 3 } }
    expect((await ask('POST', `/${id}/input`, { body })).body.code).toBe('input_closed')
    await ask('POST', `/${id}/cancel`)
    await until(async () => (await manager.get(id))?.status === 'canceled')
    expect(await ask('POST', `/${id}/input`, { body })).toMatchObject({
      status: 409,
      body: { code: 'input_closed' },
    })
  })

  it.each([undefined, {}, { id: '' }, { id: 7 }, { id: 'size', valeu: 1 }, { id: 'x'.repeat(1_025) }])(
    'refuses the body %j',
    async (body) => {
      const { ask, createUntil } = routeWorld()
      const id = await createUntil('ask', 'input_request')
      expect(await ask('POST', `/${id}/input`, { body })).toMatchObject({
        status: 400,
        body: { code: 'invalid_input' },
      })
    },
  )
})

describe('DELETE /:id', () => {
  it('removes a finished task, once, and no other', async () => {
    const { ask, create, manager } = routeWorld()
    const id = await create({ message: 'wait' })
    expect(await ask('DELETE', `/${id}`)).toMatchObject({ status: 409, body: { code: 'task_not_finished' } })
    expect((await ask('DELETE', `/${id}`, { user: 'mallory' })).status).toBe(404)
    await ask('POST', `/${id}/cancel`)
    await until(async () => (await manager.get(id))?.status === 'canceled')
    expect(await ask('DELETE', `/${id}`)).toMatchObject({ status: 200, body: { data: { task_id: id } } })
    expect((await ask('GET', `/${id}`)).status).toBe(404)
    expect((await ask('DELETE', `/${id}`)).status).toBe(404)
  })
})

describe('GET /stats', () => {
  it('is no route without authorizeAdmin, nor for whom it refuses', async () => {
    const unknown = await routeWorld().ask('GET', '/a/b/c')
    const asked: unknown[] = []
    const authorizeAdmin = (request: unknown) => {
      asked.push(request)
      return 'yes' as unknown as boolean
    }
    for (const options of [{}, { authorizeAdmin: () => false }, { authorizeAdmin }]) {
      const answer = await routeWorld(options).ask('GET', '/stats')
      expect(answer).toMatchObject({ status: 404, body: unknown.body })
    }
    expect(asked).toMatchObject([{ url: '/api/tasks/stats', viewer: { userId: 'alice' } }])
  })

  it('counts for an admin', async () => {
    const { ask, create, createUntil, manager } = routeWorld({ authorizeAdmin: async () => true })
    const done = await create({ message: 'quick' })
    await until(async () => (await manager.get(done))?.status === 'succeeded')
    await createUntil('wait', 'text_end')
    const { body } = await ask('GET', '/stats')
    expect(body.data).toMatchObject({
      by_status: { running: 1, succeeded: 1, failed: 0 },
      durations_ms: { chat: { count: 1, p50: expect.any(Number), p95: expect.any(Number) } },
      running: 1,
      connections: 0,
    })
    expect(body.data.memory.heap_used_bytes).toBeGreaterThan(1_000_000)
  })
})

describe('the other words of HTTP', () => {
  it.each([
    ['/', 'GET, HEAD, POST'],
    ['/cancel', 'POST'],
    ['/stats', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/x', 'GET, HEAD, DELETE'],
    ['/x/events', 'GET, HEAD'],
    ['/x/cancel', 'POST'],
    ['/x/input', 'POST'],
    ['/x/tools/y/cancel', 'POST'],
  ])('%s allows %s, and says so to OPTIONS and PATCH', async (path, allow) => {
    const { ask } = routeWorld()
    for (const method of ['OPTIONS', 'PATCH']) {
      const answer = await ask(method, path)
      expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  it.each(['/x/y', '/x/tools/y', '/x/tools/y/z', '/x/tools/y/cancel/z', '/x/events/y', '/cancel/x/y'])(
    '%s is no route',
    async (path) => {
      expect((await routeWorld().ask('POST', path)).body.code).toBe('route_not_found')
    },
  )

  it.each(['//', '/:id', '/constructor', '/__proto__', '/%2F', '/a%2Fcancel'])(
    '%s is an unknown task',
    async (path) => {
      expect((await routeWorld().ask('GET', path)).body.code).toBe('task_not_found')
    },
  )

  it('HEAD answers as GET does, without a body', async () => {
    const { ask, createUntil } = routeWorld()
    const id = await createUntil('wait', 'text_end')
    for (const path of ['/', `/${id}`, '/openapi.json', '/unknown']) {
      const [get, head] = [await ask('GET', path), await ask('HEAD', path)]
      expect(head).toMatchObject({ status: get.status, body: null })
      expect(head.headers.get('etag')).toBe(get.headers.get('etag'))
    }
  })

  it('a preference that was heeded is said to be', async () => {
    const { ask, create } = routeWorld({ limits: { maxWaitMs: 20 } })
    const id = await create({ message: 'quick' })
    const applied = async (path: string, headers = {}) =>
      (await ask('GET', path, { headers })).headers.get('preference-applied')
    expect(await applied(`/${id}`, { prefer: 'respond-async, wait=60' })).toBe('wait=0.02')
    expect(await applied(`/${id}`, { prefer: 'wait=soon' })).toBeNull()
    expect(await applied(`/${id}?wait_ms=5`, { prefer: 'wait=60' })).toBeNull()
    expect(await applied(`/${id}`)).toBeNull()
  })
})
