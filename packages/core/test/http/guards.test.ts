import { RateLimiterMemory } from 'rate-limiter-flexible'
import { describe, expect, it, vi } from 'vitest'
import { createTaskHandler } from '../../src/http/index.ts'
import { TaskError } from '../../src/index.ts'
import { until } from '../support/test-manager.ts'
import { routeWorld } from './route-world.ts'

describe('the rate limit', () => {
  it('counts reads and writes of each user apart, and says when to come back', async () => {
    const rateLimit = {
      reads: new RateLimiterMemory({ points: 2, duration: 60 }),
      writes: new RateLimiterMemory({ points: 1, duration: 30 }),
    }
    const { ask, failures } = routeWorld({ rateLimit })
    const statuses = async (method: string, path: string, user: string) => {
      const answers = [
        await ask(method, path, { user }),
        await ask(method, path, { user }),
        await ask(method, path, { user }),
      ]
      return answers.map(({ status }) => status)
    }
    expect(await statuses('GET', '/', 'alice')).toEqual([200, 200, 429])
    expect(await statuses('POST', '/cancel', 'alice')).toEqual([200, 429, 429])
    expect(await statuses('GET', '/', 'bob')).toEqual([200, 200, 429])
    const refused = await ask('POST', '/cancel')
    expect(refused.body).toMatchObject({ success: false, code: 'rate_limited' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(30)
    expect(failures).toEqual([])
  })

  it('takes the key that the application gives, and none for null', async () => {
    const keys: unknown[] = []
    const consume = async (key: string, points?: number) => keys.push([key, points])
    const keyOf = ({ viewer, raw }: { viewer: { userId: string }; raw: unknown }) =>
      viewer.userId === 'staff' ? null : `${(raw as Request).headers.get('x-ip')} ${viewer.userId}`
    const { ask } = routeWorld({ rateLimit: { reads: { consume }, keyOf } })
    await ask('GET', '/', { headers: { 'x-ip': '10.0.0.1' } })
    await ask('GET', '/', { user: 'staff' })
    await ask('POST', '/cancel')
    expect(keys).toEqual([['10.0.0.1 alice', 1]])
  })

  it('lets requests through when the limiter itself fails, and reports that', async () => {
    const failure = new Error('the limiter’s store is away')
    const { ask, failures } = routeWorld({ rateLimit: { reads: { consume: () => Promise.reject(failure) } } })
    expect((await ask('GET', '/')).status).toBe(200)
    expect(failures).toEqual([failure])
    const strange = routeWorld({ rateLimit: { reads: { consume: () => Promise.reject('no') } } })
    expect((await strange.ask('GET', '/')).status).toBe(200)
    expect(strange.failures).toEqual(['no'])
  })

  it('heeds a limiter that refuses with an error of the wire', async () => {
    const refusal = new TaskError('rate_limited', 'Slowly, please.', { retryAfter: 9 })
    const { ask } = routeWorld({ rateLimit: { writes: { consume: () => Promise.reject(refusal) } } })
    const answer = await ask('POST', '/cancel')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '9'])
  })

  it('asks nobody who is not signed in', async () => {
    const consume = vi.fn(async () => {})
    const { handler } = routeWorld({ rateLimit: { reads: { consume } } })
    expect((await handler.fetch(new Request('http://tasks.test/api/tasks'))).status).toBe(401)
    expect(consume).not.toHaveBeenCalled()
  })
})

describe('the quota of active tasks', () => {
  const job = (name: string) => ({ body: { type: 'job', name } })

  it('holds for creates that come at once, and gives a place back when a task ends', async () => {
    const { ask, manager } = routeWorld({ limits: { maxActivePerUser: 3 } })
    const names = Array.from({ length: 20 }, (_, index) => `j${index}`)
    const answers = await Promise.all(names.map((name) => ask('POST', '/', job(name))))
    const [refused] = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
    expect(refused?.body).toMatchObject({ code: 'quota_reached', error: expect.stringContaining('3 active') })
    expect(refused?.headers.get('retry-after')).toBe('5')
    expect((await ask('POST', '/', { ...job('x'), user: 'bob' })).status).toBe(202)
    const first = answers.find(({ status }) => status === 202)?.body.data.task_id
    await ask('POST', `/${first}/cancel`)
    await until(async () => (await manager.get(first))?.status === 'canceled')
    expect((await ask('POST', '/', job('y'))).status).toBe(202)
  })

  it('lets a repeated create find its task', async () => {
    const { ask } = routeWorld({ limits: { maxActivePerUser: 1 } })
    const headers = { 'idempotency-key': 'k1' }
    const created = await ask('POST', '/', { ...job('a'), headers })
    const repeated = await ask('POST', '/', { ...job('a'), headers })
    expect(repeated).toMatchObject({
      status: 200,
      body: { data: { task_id: created.body.data.task_id, repeated: true } },
    })
    expect((await ask('POST', '/', { ...job('b'), headers: { 'idempotency-key': 'k2' } })).status).toBe(429)
  })

  it('goes on after a create that failed', async () => {
    const { ask, manager } = routeWorld()
    vi.spyOn(manager, 'create').mockRejectedValueOnce(new Error('broken'))
    const answers = await Promise.all([ask('POST', '/', job('a')), ask('POST', '/', job('b'))])
    expect(answers.map(({ status }) => status)).toEqual([500, 202])
  })

  it('is not asked about when there is none', async () => {
    const { ask, manager } = routeWorld({ limits: { maxActivePerUser: Number.POSITIVE_INFINITY } })
    const list = vi.spyOn(manager, 'list')
    expect((await ask('POST', '/', job('a'))).status).toBe(202)
    expect(list).not.toHaveBeenCalled()
  })
})

describe('the bound of watchers', () => {
  it('counts long-polls for as long as they wait', async () => {
    const { ask, createUntil, manager } = routeWorld({ push: { maxWatchersPerUser: 1 } })
    const id = await createUntil('wait', 'text_end')
    const waits = vi.spyOn(manager, 'waitForChange')
    const presence = vi.spyOn(manager, 'openConnection')
    const { next_offset } = (await ask('GET', `/${id}`)).body.data
    const poll = (waitMs: number) => ask('GET', `/${id}?from=${next_offset}&wait_ms=${waitMs}`)
    const waiting = poll(20_000)
    await until(() => waits.mock.calls.length === 1)
    const refused = await poll(20_000)
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect((await ask('GET', `/${id}?from=0&wait_ms=20000`)).status).toBe(200)
    await ask('POST', `/${id}/cancel`)
    expect((await waiting).status).toBe(200)
    expect((await poll(20)).status).toBe(200)
    // Between two polls the user would seem to be gone.
    expect(presence).not.toHaveBeenCalled()
  })
})

describe('the options', () => {
  const authenticate = () => null

  it.each([
    [{ limits: { maxBodyBytes: Number.NaN } }, /maxBodyBytes must be a number of at least 0, not NaN/],
    [{ limits: { maxJsonKeys: -1 } }, /maxJsonKeys must be a number of at least 0/],
    [{ limits: { maxWaitMs: '5' } }, /maxWaitMs must be a number/],
    [{ limits: { maxBody: 5 } }, /There is no limit "maxBody"; known are: maxBodyBytes/],
    [{ push: { heartbeat: 1 } }, /There is no push limit "heartbeat"; known are: heartbeatMs/],
    [{ push: { heartbeatMs: Number.NaN } }, /heartbeatMs must be a number of at least 1/],
    [
      { allowedOrigin: ['https://a.b'] },
      /no option of the task routes "allowedOrigin"; known are: authenticate/,
    ],
    [{ allowedOrigins: ['*'] }, /`allowedOrigins` is a list of origins .*"\*" is none/],
    [{ allowedOrigins: ['https://a.b/'] }, /"https:\/\/a.b\/" is none/],
    [{ allowedOrigins: 'https://a.b' }, /`allowedOrigins` is a list of origins/],
    [{ rateLimit: { read: {} } }, /`rateLimit` has no "read"/],
    [{ rateLimit: { reads: {} } }, /`rateLimit.reads` must be a limiter/],
    [{ rateLimit: { keyOf: 'ip' } }, /`rateLimit.keyOf` must be a function/],
    [{ authorizeAdmin: true }, /`authorizeAdmin` must be a function/],
  ])('%j are refused at once', (options, sentence) => {
    const { manager } = routeWorld()
    const make = createTaskHandler as (...given: unknown[]) => unknown
    expect(() => make(manager, { authenticate, ...options })).toThrow(sentence)
    expect(() => make(manager, { authenticate, ...options })).toThrow(
      expect.objectContaining({ code: 'invalid_definition' }),
    )
  })
})
