import type { TaskManager } from '@outlast/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Mounted, mounts } from './mounts.ts'
import { authenticate, chatManager, createTask, headersOf, post } from './task-fixtures.ts'

const mebibyte = 1_048_576

/** Bodies that must be refused, with the answer they get. */
const badBodies: [title: string, body: string, status: number, code: string][] = [
  ['what is not JSON', '{"message": ', 400, 'invalid_json'],
  ['a wrong type', '{"message": 7}', 400, 'invalid_input'],
  ['a list for the body', '["hello"]', 400, 'invalid_input'],
  ['an empty message', '{"message": ""}', 400, 'invalid_input'],
  ['a message of blanks', '{"message": " \\n "}', 400, 'invalid_input'],
  ['an unknown run_mode', '{"message": "hello", "run_mode": "turbo"}', 400, 'invalid_input'],
  ['an unknown field', '{"message": "hello", "mesage": "hello"}', 400, 'invalid_input'],
  ['50,000 nested arrays', '['.repeat(50_000) + ']'.repeat(50_000), 413, 'too_deep'],
  [
    '50,000 nested arrays in a field',
    `{"message":"hello","images":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    413,
    'too_deep',
  ],
  ['a body of 50 MB', JSON.stringify({ message: 'x'.repeat(50 * mebibyte) }), 413, 'body_too_large'],
]

describe.each(mounts)('bad input through the $name', ({ open, strictPaths }) => {
  let manager: TaskManager
  let mounted: Mounted
  const failures: unknown[] = []

  beforeAll(async () => {
    manager = chatManager().manager
    mounted = await open(manager, { authenticate, onError: (error) => failures.push(error) })
  })

  afterAll(async () => {
    await mounted.close()
    await manager.close()
    expect(failures).toEqual([])
  })

  async function expectRefusal(response: Response, status: number, code: string): Promise<void> {
    const body = await response.json()
    expect(body).toMatchObject({ success: false, code, error: expect.stringMatching(/^.{20,}\.$/) })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(JSON.stringify(body)).not.toMatch(/\bat .+:\d+:\d+|node_modules/)
  }

  async function expectNothingStored(userId: string): Promise<void> {
    const list = await mounted.send('/', { headers: headersOf(userId) })
    expect(await list.json()).toMatchObject({ success: true, data: [] })
  }

  it.each(badBodies)('refuses %s, stores nothing and still answers', async (_title, body, status, code) => {
    const response = await mounted.send('/', { method: 'POST', headers: headersOf('mallory'), body })
    await expectRefusal(response, status, code)
    await expectNothingStored('mallory')
  })

  it('refuses a body of 50 MB that does not say its length', async () => {
    const chunk = new Uint8Array(mebibyte).fill(0x20)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 50) controller.enqueue(chunk)
        else controller.close()
      },
    })
    const init = { method: 'POST', headers: headersOf('mallory'), body, duplex: 'half' } as RequestInit
    await expectRefusal(await mounted.send('/', init), 413, 'body_too_large')
    await expectNothingStored('mallory')
  })

  it('names the fields that were wrong', async () => {
    const response = await mounted.send(
      '/',
      post('mallory', { message: 'hello', run_mode: 'turbo', images: 'x' }),
    )
    expect(await response.json()).toMatchObject({
      code: 'invalid_input',
      error:
        'The input of "chat" is not valid at `images`: must be a list of strings or objects; see "issues".',
      issues: [
        { path: 'images', message: 'must be a list of strings or objects' },
        { path: 'run_mode', message: 'must be "fast", "thinking" or "deep"' },
      ],
    })
  })

  it('refuses a body of another content type, and one without any', async () => {
    const body = JSON.stringify({ message: 'hello' })
    const text = { 'x-user': 'mallory', 'content-type': 'text/plain' }
    await expectRefusal(
      await mounted.send('/', { method: 'POST', headers: text, body }),
      415,
      'unsupported_media_type',
    )
    const bytes = new TextEncoder().encode(body)
    const none = { method: 'POST', headers: { 'x-user': 'mallory' }, body: bytes }
    await expectRefusal(await mounted.send('/', none), 415, 'unsupported_media_type')
    await expectNothingStored('mallory')
  })

  it('refuses a create without a body', async () => {
    const response = await mounted.send('/', { method: 'POST', headers: { 'x-user': 'mallory' } })
    await expectRefusal(response, 400, 'invalid_json')
  })

  describe('of a read', () => {
    let taskId: string

    beforeAll(async () => {
      taskId = await createTask(mounted, 'alice', { message: 'quick' })
    })

    it.each(['-1', 'NaN', '1e99', '[]', '', '1.5', '0x10', '9007199254740992', '1&from=2'])(
      'refuses from=%s',
      async (from) => {
        const response = await mounted.send(`/${taskId}?from=${from}`, { headers: headersOf('alice') })
        await expectRefusal(response, 400, 'invalid_cursor')
      },
    )

    it.each(['limit=0', 'limit=x', 'max_bytes=-5', 'wait_ms=soon', 'snapshot=%00', 'limit=1&limit=2'])(
      'refuses %s',
      async (query) => {
        const response = await mounted.send(`/${taskId}?${query}`, { headers: headersOf('alice') })
        await expectRefusal(response, 400, 'invalid_input')
      },
    )

    it('answers for another user as for an unknown id, byte for byte', async () => {
      const answers = await Promise.all(
        [
          `/${taskId}`,
          `/${taskId}?from=99&wait_ms=5000`,
          '/unknown',
          `/${'x'.repeat(5_000)}`,
          ...(strictPaths ? [] : ['/%zz']),
          '/%00',
        ].map(async (path) => {
          const response = await mounted.send(path, { headers: headersOf('mallory') })
          const headers = [...response.headers].filter(([name]) => name !== 'date' && name !== 'etag')
          return { status: response.status, headers, body: await response.text() }
        }),
      )
      expect(answers[0]).toMatchObject({ status: 404, body: expect.stringContaining('task_not_found') })
      for (const answer of answers) expect(answer).toEqual(answers[0])
    })

    it('does not let another user cancel', async () => {
      const response = await mounted.send(`/${taskId}/cancel`, {
        method: 'POST',
        headers: headersOf('mallory'),
      })
      await expectRefusal(response, 404, 'task_not_found')
    })
  })

  it('answers unknown routes, methods and users in JSON', async () => {
    const headers = headersOf('alice')
    await expectRefusal(await mounted.send('/a/b/c', { headers }), 404, 'route_not_found')
    const wrongMethod = await mounted.send('/some-id', { method: 'PUT', headers })
    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD, DELETE')
    await expectRefusal(wrongMethod, 405, 'method_not_allowed')
    await expectRefusal(await mounted.send('/'), 401, 'unauthenticated')
  })
})
