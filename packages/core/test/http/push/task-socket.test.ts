import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Authenticate, createTaskHandler, type TaskHandler } from '../../../src/http/index.ts'
import type { PushLimits } from '../../../src/http/push/index.ts'
import { defineTask, type TaskContext, TaskManager } from '../../../src/index.ts'
import { type ManualClock, manualClock } from '../../support/manual-clock.ts'
import { fired, until } from '../../support/test-manager.ts'
import { FakeSocket } from './fake-socket.ts'

/** Cookies and headers name the user; tokens are `USER.SERIAL`, and those in `revoked` are worth nothing. */
const revoked = new Set<string>()
let isAuthenticateDown = false

const authenticate: Authenticate = async ({ headers }) => {
  await new Promise((resolve) => setImmediate(resolve))
  if (isAuthenticateDown) throw new Error('the session store is away')
  const token = headers.get('authorization')?.replace('Bearer ', '')
  if (token !== undefined) {
    return revoked.has(token) ? null : { userId: token.split('.')[0] ?? '', via: 'token' }
  }
  const cookie = headers.get('cookie')
  if (cookie !== null) return revoked.has(cookie) ? null : { userId: cookie, via: 'cookie' }
  const userId = headers.get('x-user')
  return userId === null || revoked.has(userId) ? null : { userId, via: 'token' }
}

let clock: ManualClock
let manager: TaskManager
let handler: TaskHandler
let failures: unknown[]
/** Tasks of the type `work` that run until they are ended, by id. */
let running: Map<string, { context: TaskContext; ended: AbortController }>
let sockets: FakeSocket[]

function makeHandler(push: Partial<PushLimits> = {}): void {
  handler = createTaskHandler(manager, {
    authenticate,
    clock,
    push,
    onError: (error) => failures.push(error),
  })
}

beforeEach(() => {
  revoked.clear()
  isAuthenticateDown = false
  failures = []
  sockets = []
  running = new Map()
  clock = manualClock()
  const work = defineTask({
    type: 'work',
    input: z.unknown(),
    scope: () => null,
    async run(context) {
      const ended = new AbortController()
      running.set(context.taskId, { context, ended })
      await Promise.race([fired(ended.signal), fired(context.signal)])
    },
  })
  const quick = defineTask({ type: 'quick', input: z.unknown(), scope: () => null, run: () => null })
  manager = new TaskManager({
    tasks: [work, quick],
    concurrency: 200,
    onError: (error) => failures.push(error),
  })
  makeHandler()
})

afterEach(async () => {
  await manager.close({ drainMs: 0 })
  for (const socket of sockets) socket.session.onClose()
  expect(failures).toEqual([])
})

function connect(options: ConstructorParameters<typeof FakeSocket>[1] = { user: 'alice' }): FakeSocket {
  const socket = new FakeSocket(handler, options)
  sockets.push(socket)
  return socket
}

/** A task that emits what `emit` is called with, until `end` is called. */
async function openTask(userId = 'alice') {
  const { id, finished } = await manager.create({ type: 'work', userId, input: null })
  await until(() => running.has(id))
  const { context, ended } = running.get(id) ?? expect.fail('the task does not run')
  return {
    id,
    finished,
    async emit(count: number, content = 'x') {
      for (let sent = 0; sent < count; sent++) {
        if (!context.emit('x_item', { content })) await context.flush()
      }
      await context.flush()
    },
    end: () => ended.abort(),
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset)
}

/** A little more than a minute, in which the client answers pings. */
async function passMinute(socket: FakeSocket): Promise<void> {
  for (let part = 0; part < 5; part++) {
    await turns(3)
    clock.advance(13_000)
    socket.session.onPong()
  }
  await turns(3)
}

/** Lets everything that is ready run so many times. */
async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a subscription', () => {
  it('is told the task, its events, and the end', async () => {
    const task = await openTask()
    await task.emit(2)
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id, from: 0 })
    await until(() => socket.indexes().length === 2)
    expect(socket.messages[0]).toMatchObject({
      op: 'status',
      task_id: task.id,
      epoch: expect.stringMatching(/./),
      task: { status: 'running' },
    })
    await task.emit(1)
    task.end()
    await until(() => socket.of('end').length === 1)
    expect(socket.messages.at(-1)).toEqual({ op: 'end', task_id: task.id })
    expect(socket.indexes()).toEqual(range(0, 4))
    expect(socket.of('events').at(-1)?.next_offset).toBe(4)
    // It is over: the same task may be subscribed to once more.
    socket.say({ op: 'subscribe', task_id: task.id, from: 3 })
    await until(() => socket.of('end').length === 2)
    expect(socket.indexes()).toEqual([...range(0, 4), 3])
  })

  it('goes on where the cursor stands', async () => {
    const task = await openTask()
    await task.emit(5)
    const first = connect()
    first.say({ op: 'subscribe', task_id: task.id })
    await until(() => first.indexes().length === 5)
    first.session.onClose()
    await task.emit(5)
    const second = connect()
    const from = first.of('events').at(-1)?.next_offset ?? 0
    const epoch = first.of('status')[0]?.epoch ?? null
    second.say({ op: 'subscribe', task_id: task.id, from, epoch })
    await until(() => second.indexes().length === 5)
    expect([...first.indexes(), ...second.indexes()]).toEqual(range(0, 10))
    expect(second.of('reset')).toEqual([])
  })

  it('is voided for a cursor of another epoch', async () => {
    const task = await openTask()
    await task.emit(2)
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id, from: 1, epoch: 'another' })
    await until(() => socket.indexes().length === 2)
    expect(socket.messages[0]).toMatchObject({ op: 'reset', first_idx: 0 })
    expect(socket.indexes()).toEqual([0, 1])
  })

  it('replaces the one that there was of the same task', async () => {
    const task = await openTask()
    await task.emit(3)
    const socket = connect()
    for (const from of [0, 1, 2]) socket.say({ op: 'subscribe', task_id: task.id, from })
    await until(() => socket.indexes().length > 0)
    await task.emit(1)
    await until(() => socket.indexes().includes(3))
    await turns()
    expect(socket.indexes()).toEqual([2, 3])
  })

  it('ends when the client says so', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    socket.say({ op: 'unsubscribe', task_id: task.id })
    socket.say({ op: 'unsubscribe', task_id: 'never there' })
    await task.emit(3)
    socket.say({ op: 'ping' })
    await turns()
    expect(socket.messages.map(({ op }) => op)).toEqual(['status', 'pong'])
  })

  it('shows a stop as it is asked for, and the end that it leads to', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    await manager.cancel(task.id, { actor: 'alice' })
    await until(() => socket.of('end').length === 1)
    expect(socket.of('status').at(-1)?.task).toMatchObject({ status: 'canceled' })
    expect(socket.of('events').at(-1)?.events.at(-1)).toMatchObject({ type: 'task_complete' })
  })

  it('is refused for an unknown task and for somebody else’s with the same answer', async () => {
    const foreign = await openTask('bob')
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: foreign.id })
    socket.say({ op: 'subscribe', task_id: 'unknown' })
    await until(() => socket.messages.length === 2)
    const [first, second] = socket.of('error').map(({ task_id: _, ...answer }) => JSON.stringify(answer))
    expect(first).toBe(second)
    expect(socket.of('error').map(({ task_id, code }) => [task_id, code])).toEqual([
      [foreign.id, 'task_not_found'],
      ['unknown', 'task_not_found'],
    ])
    await foreign.emit(2)
    await turns()
    expect(socket.messages).toHaveLength(2)
  })

  it('catches up after the others, so that a hundred long logs are no heap in memory', async () => {
    const tasks = await Promise.all(range(0, 12).map(() => openTask()))
    // Each fills most of a page; together they are far more than may be pending.
    await Promise.all(tasks.map((task) => task.emit(200, 'x'.repeat(1_000))))
    makeHandler({ maxPendingBytes: 300_000 })
    const socket = connect()
    socket.isReading = false
    for (const { id } of tasks) socket.say({ op: 'subscribe', task_id: id })
    for (let page = 1; page <= tasks.length; page++) {
      await until(() => socket.indexes().length === page * 200)
      await turns(5)
      expect(socket.indexes()).toHaveLength(page * 200)
      socket.drain()
    }
    expect(socket.closed).toBeNull()
  })

  it('is refused above the limit of a socket', async () => {
    makeHandler({ maxSubscriptionsPerSocket: 2 })
    const tasks = await Promise.all(range(0, 2).map(() => openTask()))
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: '*' })
    for (const { id } of tasks) socket.say({ op: 'subscribe', task_id: id })
    await until(() => socket.of('error').length === 1)
    expect(socket.of('error')[0]).toMatchObject({ task_id: tasks[1]?.id, code: 'quota_reached' })
    // The same task again is no further one; one that is ended makes room.
    socket.say({ op: 'subscribe', task_id: tasks[0]?.id ?? '' })
    socket.say({ op: 'unsubscribe', task_id: '*' })
    socket.say({ op: 'subscribe', task_id: tasks[1]?.id ?? '' })
    await turns()
    expect(socket.of('error')).toHaveLength(1)
  })
})

describe('the subscription to all own tasks', () => {
  it('is sent the active ones, then what is created and what becomes of it', async () => {
    const before = await openTask()
    const done = await openTask()
    done.end()
    await done.finished()
    const foreign = await openTask('bob')
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: '*' })
    await until(() => socket.messages.length === 1)
    expect(socket.messages[0]).toMatchObject({
      op: 'status',
      task_id: before.id,
      task: { status: 'running' },
    })

    const after = await openTask()
    await until(() => socket.of('created').length === 1)
    expect(socket.of('created')[0]).toMatchObject({ task_id: after.id, task: { task_id: after.id } })
    after.end()
    before.end()
    foreign.end()
    await until(() => statusesOf(socket, after.id).includes('succeeded'))
    await until(() => statusesOf(socket, before.id).includes('succeeded'))
    await turns()
    expect(socket.messages.filter(({ op }) => op !== 'status' && op !== 'created')).toEqual([])
    expect(socket.messages.some((message) => 'task_id' in message && message.task_id === foreign.id)).toBe(
      false,
    )
    expect(socket.messages.some((message) => 'task_id' in message && message.task_id === done.id)).toBe(false)
  })

  it('costs one look, however often it is asked for, begun anew, and ended', async () => {
    await openTask()
    let lists = 0
    const list = manager.list.bind(manager)
    manager.list = (query) => {
      lists++
      return list(query)
    }
    makeHandler()
    const socket = connect()
    for (let again = 0; again < 200; again++) {
      socket.say({ op: 'subscribe', task_id: '*' })
      if (again % 3 === 2) socket.say({ op: 'unsubscribe', task_id: '*' })
    }
    await until(() => socket.messages.length > 0)
    await turns(50)
    // Each look lists the newest and the active ones.
    expect(lists).toBeLessThanOrEqual(6)
    expect(socket.of('status')).toHaveLength(1)
  })

  it('tells of tasks that come and go between two looks, and of a hundred at once', async () => {
    const createQuick = () => manager.create({ type: 'quick', userId: 'alice', input: null })
    const old = await Promise.all(range(0, 60).map(createQuick))
    await Promise.all(old.map((task) => task.finished()))
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: '*' })
    await turns(50)
    const tasks = await Promise.all(range(0, 100).map(createQuick))
    await Promise.all(tasks.map((task) => task.finished()))
    await until(() => tasks.every(({ id }) => statusesOf(socket, id).at(-1) === 'succeeded'))
    expect(new Set(socket.of('created').map(({ task_id }) => task_id))).toEqual(
      new Set(tasks.map(({ id }) => id)),
    )
    expect(socket.of('created')).toHaveLength(100)
    // Those below come into view when newer ones are deleted; they are nothing new.
    for (const { id } of tasks.slice(0, 80)) await manager.delete(id)
    const another = await createQuick()
    await until(() => socket.of('created').some(({ task_id }) => task_id === another.id))
    await turns()
    expect(socket.of('created')).toHaveLength(101)
  })

  it('is shared by the sockets of a user, and ends with each', async () => {
    const first = connect()
    const second = connect()
    first.say({ op: 'subscribe', task_id: '*' })
    second.say({ op: 'subscribe', task_id: '*' })
    await turns()
    const task = await openTask()
    await until(() => first.of('created').length + second.of('created').length === 2)
    first.say({ op: 'unsubscribe', task_id: '*' })
    task.end()
    await until(() => statusesOf(second, task.id).includes('succeeded'))
    await turns()
    expect(statusesOf(first, task.id)).not.toContain('succeeded')
  })
})

function statusesOf(socket: FakeSocket, taskId: string): string[] {
  return socket.messages.flatMap((message) =>
    (message.op === 'status' || message.op === 'created') && message.task_id === taskId
      ? [message.task.status]
      : [],
  )
}

describe('credit', () => {
  it('stops a subscription at 256 kB unacknowledged, and lets it go on without a gap', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'ack', bytes: 0 })
    socket.say({ op: 'subscribe', task_id: task.id })
    let acknowledged = 0
    for (let round = 0; round < 8; round++) {
      await task.emit(100, 'x'.repeat(1_000))
      await turns()
    }
    expect(socket.bytes).toBeGreaterThanOrEqual(262_144)
    expect(socket.bytes).toBeLessThan(262_144 + 262_144 + 110_000)
    task.end()
    const stoppedAt = socket.indexes().length
    expect(stoppedAt).toBeLessThan(800)
    while (socket.of('end').length === 0) {
      const bytes = socket.bytes - acknowledged
      acknowledged += bytes
      socket.say({ op: 'ack', bytes })
      await turns(5)
      expect(socket.bytes - acknowledged).toBeLessThan(262_144 + 262_144 + 110_000)
    }
    expect(socket.indexes()).toEqual(range(0, 801))
    expect(socket.of('end')).toHaveLength(1)
    expect(socket.of('status')).toHaveLength(2)
  })

  it('is shared by all subscriptions of a socket', async () => {
    const tasks = await Promise.all(range(0, 8).map(() => openTask()))
    await Promise.all(tasks.map((task) => task.emit(200, 'x'.repeat(1_000))))
    const socket = connect()
    socket.say({ op: 'ack', bytes: 0 })
    for (const { id } of tasks) socket.say({ op: 'subscribe', task_id: id })
    await turns(50)
    expect(socket.indexes().length).toBeLessThanOrEqual(400)
    for (let acknowledged = 0; acknowledged < socket.bytes; await turns()) {
      const bytes = socket.bytes - acknowledged
      acknowledged += bytes
      socket.say({ op: 'ack', bytes })
    }
    for (const { id } of tasks) expect(socket.indexes(id)).toEqual(range(0, 200))
  })

  it('is nothing to a client that never acknowledges', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id })
    for (let round = 0; round < 6; round++) await task.emit(100, 'x'.repeat(1_000))
    await until(() => socket.indexes().length === 600)
  })

  it('is not given for what was not sent yet', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'ack', bytes: 100_000_000 })
    socket.say({ op: 'subscribe', task_id: task.id })
    for (let round = 0; round < 8; round++) {
      await task.emit(100, 'x'.repeat(1_000))
      await turns()
    }
    expect(socket.indexes().length).toBeLessThan(800)
    // Whoever is paused is also unsubscribed, replaced and closed like any other.
    socket.say({ op: 'unsubscribe', task_id: task.id })
    socket.say({ op: 'ack', bytes: socket.bytes })
    const sent = socket.messages.length
    await turns()
    expect(socket.messages).toHaveLength(sent)
  })
})

describe('who is at a socket', () => {
  it('may be said by the first message, before all others', async () => {
    const task = await openTask()
    const socket = connect({})
    socket.say({ op: 'auth', token: 'alice.1' })
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    expect(socket.of('error')).toEqual([])
  })

  it('may be said by a token of the request', async () => {
    const task = await openTask()
    const socket = connect({ token: 'alice.1' })
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
  })

  it('must be said within ten seconds', async () => {
    const socket = connect({})
    await turns()
    socket.say({ op: 'subscribe', task_id: 'any' })
    expect(socket.of('error')).toMatchObject([{ code: 'unauthenticated' }])
    clock.advance(9_999)
    expect(socket.closed).toBeNull()
    clock.advance(1)
    expect(socket.closed?.code).toBe(4401)
  })

  it.each([['a token of the request', { token: 'alice.1' }, 'alice.1']])(
    'is shown out at once with %s that is worth nothing',
    async (_name, options, token) => {
      revoked.add(token)
      const socket = connect(options)
      await until(() => socket.closed !== null)
      expect(socket.closed?.code).toBe(4401)
    },
  )

  it('is shown out with a token in a message that is worth nothing', async () => {
    revoked.add('alice.1')
    const socket = connect({})
    socket.say({ op: 'auth', token: 'alice.1' })
    await until(() => socket.closed !== null)
    expect(socket.closed?.code).toBe(4401)
  })

  it('stays the same: a token of somebody else closes the socket', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'auth', token: 'alice.2' })
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    socket.say({ op: 'auth', token: 'bob.1' })
    await until(() => socket.closed !== null)
    expect(socket.closed?.code).toBe(4401)
    const sent = socket.messages.length
    await task.emit(1)
    await turns()
    expect(socket.messages).toHaveLength(sent)
  })

  it('is asked again every minute, by the newest token', async () => {
    const socket = connect({ token: 'alice.1' })
    await turns()
    socket.say({ op: 'auth', token: 'alice.2' })
    await turns()
    revoked.add('alice.1')
    await passMinute(socket)
    expect(socket.closed).toBeNull()
    revoked.add('alice.2')
    await passMinute(socket)
    expect(socket.closed?.code).toBe(4401)
  })

  it('is shown out with 1011 when authenticate fails, which the application is told', async () => {
    isAuthenticateDown = true
    const socket = connect()
    await until(() => socket.closed !== null)
    expect(socket.closed?.code).toBe(1011)
    expect(failures.splice(0)).toEqual([new Error('the session store is away')])
  })

  it('must come from an allowed page with a cookie, and from anywhere with a token', async () => {
    const foreign = connect({ cookie: 'alice', origin: 'https://evil.example' })
    const own = connect({ cookie: 'alice', origin: 'https://app.example' })
    const token = connect({ token: 'alice.1', origin: 'https://evil.example' })
    await until(() => foreign.closed !== null)
    expect(foreign.closed?.code).toBe(4403)
    await turns()
    expect([own.closed, token.closed]).toEqual([null, null])
  })

  it('has so many sockets at a time', async () => {
    makeHandler({ maxWatchersPerUser: 2 })
    const first = connect()
    connect()
    await turns()
    const third = connect()
    await until(() => third.closed !== null)
    expect(third.closed?.code).toBe(4429)
    first.session.onClose()
    const fourth = connect()
    const other = connect({ user: 'bob' })
    await turns()
    expect([fourth.closed, other.closed]).toEqual([null, null])
  })

  it('has so many points, where the rate of reads is limited', async () => {
    let points = 2
    handler = createTaskHandler(manager, {
      authenticate,
      clock,
      rateLimit: {
        reads: { consume: () => (points-- > 0 ? Promise.resolve() : Promise.reject({ msBeforeNext: 500 })) },
      },
    })
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    socket.say({ op: 'subscribe', task_id: task.id, from: 0 })
    await until(() => socket.of('error').length === 1)
    expect(socket.of('error')[0]).toMatchObject({ task_id: task.id, code: 'rate_limited' })
    const second = connect()
    await until(() => second.closed !== null)
    expect(second.closed?.code).toBe(4429)
  })
})

describe('a socket', () => {
  it('answers a ping', async () => {
    const socket = connect()
    socket.say({ op: 'ping' })
    await until(() => socket.messages.length === 1)
    expect(socket.messages).toEqual([{ op: 'pong' }])
  })

  it('is pinged every 30 s, and closed when nothing came back', async () => {
    const socket = connect()
    await turns()
    clock.advance(31_000)
    expect(socket.pings).toBe(1)
    socket.session.onPong()
    clock.advance(30_000)
    expect(socket.pings).toBe(2)
    socket.say({ op: 'ping' })
    await turns()
    clock.advance(30_000)
    expect(socket.pings).toBe(3)
    await turns()
    clock.advance(30_000)
    expect(socket.closed?.code).toBe(4408)
  })

  it('is asked to come back after five minutes', async () => {
    const socket = connect()
    for (let minute = 0; minute < 4; minute++) await passMinute(socket)
    expect(socket.closed).toBeNull()
    await passMinute(socket)
    expect(socket.closed?.code).toBe(1012)
  })

  it('is asked to come back when the manager closes, and so is whoever comes then', async () => {
    const task = await openTask()
    const socket = connect()
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    await manager.close({ drainMs: 0 })
    expect(socket.closed?.code).toBe(1012)
    expect(connect().closed?.code).toBe(1012)
  })

  it('is cut off with 4408 when it does not read, before it costs much', async () => {
    const task = await openTask()
    const socket = connect()
    socket.isReading = false
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.of('status').length === 1)
    for (let round = 0; socket.closed === null && round < 40; round++) {
      await task.emit(100, 'x'.repeat(1_000))
      await turns(3)
    }
    expect(socket.closed?.code).toBe(4408)
    expect(socket.bytes).toBeLessThan(1_048_576 + 3 * 262_144)
    const sent = socket.messages.length
    await task.emit(10)
    await turns()
    expect(socket.messages).toHaveLength(sent)
  })

  it('is not cut off for one message that is larger than that', async () => {
    makeHandler({ maxPendingBytes: 1_000 })
    const task = await openTask()
    await task.emit(1, 'x'.repeat(100_000))
    const socket = connect()
    socket.isReading = false
    socket.say({ op: 'subscribe', task_id: task.id })
    await until(() => socket.indexes().length === 1)
    await turns()
    expect(socket.closed).toBeNull()
  })

  it('answers bad messages with an error, and closes after twenty of them', async () => {
    const socket = connect()
    await turns()
    for (const bad of ['{', '[]', '{"op":"fly"}']) socket.session.receive(Buffer.from(bad))
    expect(socket.of('error').map(({ code, task_id }) => [code, task_id])).toEqual([
      ['invalid_json', null],
      ['invalid_input', null],
      ['invalid_input', null],
    ])
    for (let bad = 3; bad < 20; bad++) socket.session.receive(Buffer.from('!'))
    expect(socket.closed?.code).toBe(4429)
    socket.session.receive(Buffer.from('!'))
    expect(socket.of('error')).toHaveLength(20)
  })

  it('is closed when more comes than can wait while authenticate is asked', async () => {
    const socket = connect()
    for (let count = 0; count < 1_000 && socket.closed === null; count++) socket.say({ op: 'ping' })
    expect(socket.closed?.code).toBe(4429)
    await turns()
    expect(socket.messages).toEqual([])
  })

  it('survives whatever it is sent, in any order', async () => {
    const task = await openTask()
    await task.emit(5)
    const known = fc.constantFrom(task.id, '*', 'unknown')
    const message = fc.oneof(
      fc.record({ op: fc.constant('subscribe'), task_id: known, from: fc.nat(9) }),
      fc.record({ op: fc.constant('unsubscribe'), task_id: known }),
      fc.record({ op: fc.constant('ack'), bytes: fc.nat(1_000) }),
      fc.record({ op: fc.constant('auth'), token: fc.constantFrom('alice.1', 'alice.2', 'bob.1') }),
      fc.constant({ op: 'ping' }),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 9, arbitrary: message.map((value) => Buffer.from(JSON.stringify(value))) },
            {
              weight: 1,
              arbitrary: fc.uint8Array({ maxLength: 50 }),
            },
          ),
          { maxLength: 30 },
        ),
        fc.boolean(),
        async (messages, isSlow) => {
          const socket = connect()
          for (const bytes of messages) {
            socket.session.receive(bytes)
            if (isSlow) await turns(1)
          }
          await turns(4)
          socket.session.onClose()
        },
      ),
      { numRuns: 300 },
    )
    await task.emit(1)
    await turns()
    expect(failures).toEqual([])
  })
})

it('twenty sockets that come and go while 10,000 events are written miss nothing', async () => {
  const total = 10_000
  const work = defineTask({
    type: 'many',
    input: z.unknown(),
    async run({ emit, flush }: TaskContext) {
      for (let written = 0; written < total; written++) {
        if (!emit('x_item', { written }) || written % 50 === 0) {
          await flush()
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
    },
  })
  const own = new TaskManager({ tasks: [work], limits: { maxEvents: total + 10 } })
  const { openSocket } = createTaskHandler(own, { authenticate })
  const task = await own.create({ userId: 'alice', input: null })
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  async function follow(): Promise<number[]> {
    const seen: number[] = []
    for (;;) {
      const socket = new FakeSocket({ openSocket }, { user: 'alice' })
      socket.say({ op: 'subscribe', task_id: task.id, from: seen.length })
      const limit = 1 + random(400)
      await until(() => socket.of('end').length > 0 || socket.indexes().length >= limit)
      socket.session.onClose()
      seen.push(...socket.indexes())
      if (socket.of('end').length > 0) return seen
      await turns(random(4))
    }
  }
  const logs = await Promise.all(range(0, 20).map(follow))
  for (const seen of logs) expect(seen).toEqual(range(0, total + 1))
  await own.close({ drainMs: 0 })
}, 60_000)
