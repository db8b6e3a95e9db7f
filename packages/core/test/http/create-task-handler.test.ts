import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createTaskHandler, type Identity, type TaskHandlerOptions } from '../../src/http/index.ts'
import { defineChatTask, defineTask, TaskError, TaskManager } from '../../src/index.ts'

const managers: TaskManager[] = []
const failures: unknown[] = []

afterEach(async () => {
  failures.length = 0
  await Promise.all(managers.splice(0).map((manager) => manager.close({ drainMs: 0 })))
})

function managerOf(...tasks: ConstructorParameters<typeof TaskManager>[0]['tasks']): TaskManager {
  const manager = new TaskManager({ tasks })
  managers.push(manager)
  return manager
}

const chat = defineChatTask({ run: () => null })

function handlerOf(identity: Identity | null, options: Partial<TaskHandlerOptions> = {}) {
  const authenticate = () => identity
  const onError = (error: unknown) => failures.push(error)
  return createTaskHandler(managerOf(chat), { authenticate, onError, ...options })
}

const alice: Identity = { userId: 'alice', via: 'token' }
const json = { 'content-type': 'application/json' }

function post(body: unknown, headers: Record<string, string> = json): Request {
  return new Request('https://tasks.test/api/tasks', { method: 'POST', headers, body: JSON.stringify(body) })
}

describe('who is asking', () => {
  it('is told the headers, the whole path and the raw request', async () => {
    const asked: unknown[] = []
    const handler = handlerOf(null, {
      authenticate: ({ headers, url, raw }) => {
        asked.push(headers.get('authorization'), url, raw instanceof Request)
        return null
      },
    })
    const request = new Request('https://tasks.test/api/tasks/t1?from=3', {
      headers: { authorization: 'Bearer x' },
    })
    const response = await handler.fetch(request)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ success: false, code: 'unauthenticated' })
    expect(asked).toEqual(['Bearer x', '/api/tasks/t1?from=3', true])
    expect(failures).toEqual([])
  })

  it('is a failure of the server when the hook throws or names nobody', async () => {
    const throwing = handlerOf(null, {
      authenticate: async () => {
        throw new Error('the session store is away')
      },
    })
    const nobody = handlerOf({ userId: '', via: 'token' })
    const untyped = handlerOf({ via: 'token' } as Identity)
    for (const handler of [throwing, nobody, untyped]) {
      const response = await handler.fetch(post({ message: 'hi' }))
      expect(response.status).toBe(500)
      expect(await response.json()).toMatchObject({ code: 'internal_error' })
    }
    expect(failures).toHaveLength(3)
    expect(failures[0]).toMatchObject({ message: 'the session store is away' })
  })

  it('is nobody when the hook finds no one, as null or undefined', async () => {
    for (const found of [null, undefined, Promise.resolve(undefined)]) {
      const handler = handlerOf(null, { authenticate: () => found })
      expect((await handler.fetch(post({ message: 'hi' }))).status).toBe(401)
    }
    expect(failures).toEqual([])
  })

  it.each([
    ['a manager', undefined, { authenticate: () => alice }, /need a TaskManager as their first argument/],
    ['a manager in the first place', { authenticate: () => alice }, managerOf, /TaskManager as their first/],
    ['options', managerOf, undefined, /need a function `authenticate` in their options/],
    ['authenticate', managerOf, {}, /need a function `authenticate`/],
    ['a function to authenticate', managerOf, { authenticate: alice }, /need a function `authenticate`/],
  ])('is asked at once: no handler is made without %s', (_, manager, options, sentence) => {
    const make = createTaskHandler as (...given: unknown[]) => unknown
    const given = [manager, options].map((value) => (value === managerOf ? managerOf(chat) : value))
    expect(() => make(...given)).toThrow(sentence)
    expect(() => make(...given)).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
  })

  it('may be refused with an error of the wire', async () => {
    const handler = handlerOf(null, {
      authenticate: () => {
        throw new TaskError('rate_limited', 'Too many requests. Wait a little.', { retryAfter: 7 })
      },
    })
    const response = await handler.fetch(post({ message: 'hi' }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
  })

  it('gets an answer even when the reporter of failures fails', async () => {
    const handler = handlerOf(
      { userId: '', via: 'token' },
      {
        onError: () => {
          throw new Error('the reporter is broken')
        },
      },
    )
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect((await handler.fetch(post({ message: 'hi' }))).status).toBe(500)
    expect(warn.mock.calls[0]?.[0]).toContain('the reporter is broken')
    warn.mockRestore()
  })

  it('decides the workspace and the session of a new task', async () => {
    const seen: unknown[] = []
    const manager = managerOf(
      defineTask({
        type: 'look',
        input: z.object({}),
        run: ({ workspaceId, session }) => void seen.push(workspaceId, session),
      }),
    )
    const session = { locale: 'eo' }
    const authenticate = (): Identity => ({ ...alice, workspaceId: 'w9', session })
    await createTaskHandler(manager, { authenticate }).fetch(post({}))
    const { tasks } = await manager.list({ userId: 'alice', workspaceId: 'w9' })
    await expect.poll(() => seen).toEqual(['w9', session])
    expect(tasks).toHaveLength(1)
  })
})

describe('a write with a cookie', () => {
  const bob: Identity = { userId: 'bob', via: 'cookie' }
  const body = { message: 'hi' }

  it.each([
    ['its own origin', { ...json, origin: 'https://tasks.test' }, 202],
    ['its own host behind TLS', { ...json, origin: 'http://tasks.test' }, 202],
    ['an allowed origin', { ...json, origin: 'https://app.test' }, 202],
    ['no origin, but JSON', json, 202],
    ['another origin', { ...json, origin: 'https://evil.test' }, 403],
    ['another port', { ...json, origin: 'https://tasks.test:8443' }, 403],
    ['an opaque origin', { ...json, origin: 'null' }, 403],
    ['an origin that is none', { ...json, origin: 'tasks.test' }, 403],
    ['no origin and a form', { 'content-type': 'text/plain' }, 403],
  ])('from %s is answered as it should be', async (_name, headers, status) => {
    const handler = handlerOf(bob, { allowedOrigins: ['https://app.test'] })
    const response = await handler.fetch(post(body, headers))
    expect(response.status).toBe(status)
    if (status === 403) expect(await response.json()).toMatchObject({ code: 'forbidden_origin' })
  })

  it('is refused without a body too, and a read is not', async () => {
    const handler = handlerOf(bob)
    const evil = { origin: 'https://evil.test' }
    const cancel = new Request('https://tasks.test/api/tasks/t1/cancel', { method: 'POST', headers: evil })
    expect((await handler.fetch(cancel)).status).toBe(403)
    const read = new Request('https://tasks.test/api/tasks', { headers: evil })
    expect((await handler.fetch(read)).status).toBe(200)
  })

  it('is not asked for its origin when a token proved it', async () => {
    const response = await handlerOf(alice).fetch(post(body, { ...json, origin: 'https://evil.test' }))
    expect(response.status).toBe(202)
  })
})

describe('the type of a task', () => {
  const note = defineTask({
    type: 'note',
    input: z.strictObject({ text: z.string() }),
    maxBodyBytes: 200,
    run: () => null,
  })

  it('is chosen by the body when there are several, and taken out of the input', async () => {
    const manager = managerOf(chat, note)
    const handler = createTaskHandler(manager, { authenticate: () => alice })
    expect((await handler.fetch(post({ type: 'note', text: 'hi' }))).status).toBe(202)
    const { tasks } = await manager.list({ userId: 'alice' })
    expect(tasks.map(({ type }) => type)).toEqual(['note'])
    for (const body of [
      { text: 'hi' },
      { type: 'letter' },
      { type: 'constructor' },
      { type: 7 },
      ['note'],
      'note',
      null,
    ]) {
      const response = await handler.fetch(post(body))
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        code: 'invalid_input',
        issues: [{ path: 'type', message: 'must be one of "chat", "note"' }],
      })
    }
  })

  it('may be left out or named when there is one', async () => {
    const handler = createTaskHandler(managerOf(note), {
      authenticate: ({ headers }) => ({ ...alice, userId: headers.get('x-user') ?? '' }),
    })
    expect((await handler.fetch(post({ text: 'hi' }, { ...json, 'x-user': 'a' }))).status).toBe(202)
    expect((await handler.fetch(post({ type: 'note', text: 'hi' }, { ...json, 'x-user': 'b' }))).status).toBe(
      202,
    )
    expect((await handler.fetch(post({ type: 'chat', text: 'hi' }, { ...json, 'x-user': 'c' }))).status).toBe(
      400,
    )
  })

  it('has its own bound for a body', async () => {
    const handler = createTaskHandler(managerOf(chat, note), { authenticate: () => alice })
    const long = 'x'.repeat(300)
    expect((await handler.fetch(post({ type: 'note', text: long }))).status).toBe(413)
    expect((await handler.fetch(post({ type: 'chat', message: long }))).status).toBe(202)
  })
})

describe('a conflict', () => {
  it('names the running task, but never somebody else’s', async () => {
    const manager = managerOf(chat)
    const { id } = await manager.create({ userId: 'alice', input: { message: 'hi' } })
    const conflict = new TaskError('task_already_running', 'A task is already running here.', { taskId: id })
    vi.spyOn(manager, 'create').mockRejectedValue(conflict)
    const answerTo = async (userId: string) => {
      const handler = createTaskHandler(manager, { authenticate: () => ({ userId, via: 'token' }) })
      const response = await handler.fetch(post({ message: 'hi' }))
      expect(response.status).toBe(409)
      return response.json()
    }
    expect(await answerTo('alice')).toHaveProperty('task.task_id', id)
    expect(await answerTo('bob')).not.toHaveProperty('task')
  })
})

describe('the base path', () => {
  it.each(['/', '', '/v1/jobs', 'v1/jobs/'])('%j is where the routes are', async (basePath) => {
    const handler = handlerOf(alice, { basePath })
    const prefix = basePath.includes('v1') ? '/v1/jobs' : ''
    expect(handler.basePath).toBe(prefix)
    const request = new Request(`https://tasks.test${prefix}/`, {
      method: 'POST',
      headers: json,
      body: '{"message":"hi"}',
    })
    const response = await handler.fetch(request)
    expect(response.status).toBe(202)
    const location = response.headers.get('location') ?? ''
    expect(location.startsWith(`${prefix}/`)).toBe(true)
    expect((await handler.fetch(new Request(`https://tasks.test${location}`))).status).toBe(200)
    if (prefix !== '') {
      const beside = await handler.fetch(new Request(`https://tasks.test${prefix}-of-others`))
      expect(await beside.json()).toMatchObject({ code: 'route_not_found' })
    }
  })

  it('hides a request whose body was read before as a failure of the server', async () => {
    const request = post({ message: 'hi' })
    await request.text()
    expect((await handlerOf(alice).fetch(request)).status).toBe(500)
    expect(failures[0]).toMatchObject({ message: expect.stringContaining('was read before') })
  })
})

describe('the viewer', () => {
  async function viewerOf(identity: Identity, secret?: string): Promise<string> {
    const handler = handlerOf(identity, secret === undefined ? {} : { secret })
    const response = await handler.fetch(new Request('https://tasks.test/api/tasks'))
    const { viewer } = (await response.json()) as { viewer: string }
    return viewer
  }

  it('is the same for the same user, workspace and secret, and for nobody else', async () => {
    const first = await viewerOf(alice, 's')
    expect(first).toMatch(/^[\w-]{22}$/)
    expect(await viewerOf({ ...alice, workspaceId: 'default' }, 's')).toBe(first)
    expect(await viewerOf({ ...alice, workspaceId: 'w2' }, 's')).not.toBe(first)
    expect(await viewerOf(alice, 'other')).not.toBe(first)
    expect(await viewerOf(alice)).not.toBe(await viewerOf(alice))
    expect(() => handlerOf(alice, { secret: '' })).toThrow(
      expect.objectContaining({ code: 'invalid_definition' }),
    )
    const split = [
      { userId: 'a","b', workspaceId: 'c' },
      { userId: 'a', workspaceId: 'b","c' },
    ]
    const [left, right] = await Promise.all(split.map((owner) => viewerOf({ ...owner, via: 'token' }, 's')))
    expect(left).not.toBe(right)
  })
})
