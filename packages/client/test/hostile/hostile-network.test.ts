import { describe, expect, it, vi } from 'vitest'
import {
  badGateway,
  breakAfter,
  breakOff,
  comeBackIn,
  cutShort,
  delayed,
  endAfter,
  holdBack,
  loseAnswer,
  type Misbehaviour,
  reset,
  stall,
} from '../../../../test/support/hostile/misbehaviours.ts'
import { logKinds, type RequestKind } from '../../../../test/support/hostile/request-kind.ts'
import { expiredToken } from '../../../../test/support/hostile/task-server.ts'
import { type HostileWorld, openHostileWorld, type Watcher, watchClosely } from './hostile-world.ts'
import { transports } from './transports.ts'

/** A fetch whose answers come also when nobody wants them any more. */
function deafFetch(): { fetch: typeof fetch; settled: () => number } {
  let settled = 0
  return {
    settled: () => settled,
    async fetch(url, init) {
      const { accept } = Object.fromEntries(new Headers(init?.headers))
      if (accept === 'text/event-stream') return fetch(url, init)
      try {
        const response = await fetch(url, { ...init, signal: null })
        const text = await response.text()
        return new Response(text, response)
      } finally {
        settled++
      }
    },
  }
}

/** Has the client start a task; a task that runs has said `one, `. */
async function startTask({ client, server }: HostileWorld) {
  const { task_id } = await client.start({ message: 'go' })
  const task = await server.opened(task_id)
  await task.say('one, ')
  return { taskId: task_id, task }
}

/** What happens to a task that is followed. */
interface Troubles {
  /** Before the first look. */
  atFirst?: () => void
  /** Before every connection is cut, once. */
  inTheMiddle?: () => void
  /** Before the task ends. */
  beforeEnd?: (watcher: Watcher) => Promise<unknown>
}

/** Follows a task to its end, through whatever happens. */
async function followThrough(world: HostileWorld, troubles: Troubles): Promise<void> {
  const { client, proxy, server } = world
  const { taskId, task } = await startTask(world)
  troubles.atFirst?.()
  const watcher = watchClosely(client.observe(taskId), world)
  await watcher.untilText('one, ')
  expect(proxy.unmet).toBe(0)
  troubles.inTheMiddle?.()
  // What is open already has nothing to fear from a misbehaviour that meets requests.
  proxy.cut()
  await task.say('two, ')
  await watcher.untilText('one, two, ')
  expect(proxy.unmet).toBe(0)
  await troubles.beforeEnd?.(watcher)
  await task.say('three.')
  task.end()
  const end = await watcher.untilDone()
  expect(end.outcome).toMatchObject({ status: 'succeeded' })
  expect(await server.list()).toHaveLength(1)
}

const times = (count: number, misbehave: Misbehaviour): Misbehaviour[] =>
  Array.from({ length: count }, () => misbehave)

describe.each(transports)('over $name', ({ options, connections }) => {
  it.concurrent.for<[string, number, Misbehaviour]>([
    ['a connection that is reset', 3, reset],
    ['an answer that is lost on its way', 3, loseAnswer],
    ['a 502 with a page of HTML', 3, badGateway],
    ['a body that breaks off', 3, breakOff],
    ['JSON that is cut short, in a body that ends cleanly', 3, cutShort],
    ['a body that ends before it began', 3, endAfter(0)],
    ['a connection that stalls', 1, stall],
    ['a proxy that holds an answer back until it is whole', 1, holdBack],
  ])(
    'scenario 9 · a log comes whole and once through %s',
    async ([, count, misbehave], { onTestFinished }) => {
      const world = await openHostileWorld(onTestFinished, options)
      const disturb = (): void => world.proxy.next(['read'], ...times(count, misbehave))
      // A connection that is lost is come back to, and nothing is read in between.
      await followThrough(
        world,
        connections[0] ? { atFirst: disturb } : { atFirst: disturb, inTheMiddle: disturb },
      )
    },
  )

  it.concurrent.for(
    connections.flatMap((kind) =>
      (
        [
          ['is reset', reset],
          ['is refused with a 502 and a page of HTML', badGateway],
          ['is refused with a 429', comeBackIn(1)],
          ['ends cleanly before a word was said', endAfter(0)],
          ['ends cleanly in the middle of a word', endAfter(500)],
          ['breaks in the middle of a word', breakAfter(500)],
          ['stalls', stall],
          ['is held back by a proxy', holdBack],
        ] as const
      ).map(([what, misbehave]): [RequestKind, string, Misbehaviour] => [kind, what, misbehave]),
    ),
  )(
    'scenario 9 · a log comes whole and once, though every %s %s',
    async ([kind, , misbehave], { onTestFinished }) => {
      const world = await openHostileWorld(onTestFinished, options)
      const { proxy } = world
      // Another kind that could help out is out of order as well, so that this one is tried.
      for (const other of connections) if (other !== kind) proxy.always([other], badGateway)
      proxy.always([kind], misbehave)
      await followThrough(world, {
        async beforeEnd({ until }) {
          if (connections.length > 1) await until(({ transport }) => transport?.name === 'long-poll')
          await vi.waitFor(() => expect(proxy.count(kind)).toBeGreaterThan(0), { timeout: 10_000 })
        },
      })
    },
  )

  it.concurrent('scenario 9 · a log comes whole and once through a network that breaks again and again', async ({
    onTestFinished,
  }) => {
    const world = await openHostileWorld(onTestFinished, options)
    const { taskId, task } = await startTask(world)
    const watcher = watchClosely(world.client.observe(taskId), world)
    let said = 'one, '
    for (let round = 0; round < 7; round++) {
      await watcher.untilText(said)
      world.proxy.next(logKinds, reset)
      world.proxy.cut()
      await task.say('more, ')
      said += 'more, '
    }
    await watcher.untilText(said)
    task.end()
    await watcher.untilDone()
  })

  it.concurrent.for([429, 503] as const)(
    'scenario 9 · Retry-After of a %i is obeyed, also by a page that becomes visible meanwhile',
    async (status, { onTestFinished }) => {
      const world = await openHostileWorld(onTestFinished, options)
      const { client, platform, proxy } = world
      const { taskId, task } = await startTask(world)
      proxy.next(logKinds, comeBackIn(1, status))
      const watcher = watchClosely(client.observe(taskId), world)
      const { error } = await watcher.until(({ connection }) => connection === 'retrying')
      expect(error).toMatchObject({ status, retryAfter: 1 })
      platform.wake()
      await watcher.untilText('one, ')
      const [refused, next] = proxy.requests.filter(({ kind }) => logKinds.includes(kind))
      const pause = (next?.at ?? 0) - (refused?.at ?? 0)
      // A timer counts whole milliseconds, and the proxy fractions of them.
      expect(pause).toBeGreaterThanOrEqual(999)
      expect(pause).toBeLessThan(2_500)
      task.end()
      await watcher.untilDone()
    },
  )

  it.concurrent('scenario 9 · a 401 is met with a fresh token, and nobody sees it', async ({
    onTestFinished,
  }) => {
    let asked = 0
    const headers = (): Record<string, string> => ({
      authorization: ++asked % 2 === 0 ? expiredToken : 'Bearer fresh',
    })
    const world = await openHostileWorld(onTestFinished, { ...options, headers })
    const { taskId, task } = await startTask(world)
    const watcher = watchClosely(world.client.observe(taskId), world)
    const seen: unknown[] = []
    watcher.observer.subscribe(() => seen.push(watcher.observer.getSnapshot().error))
    await watcher.untilText('one, ')
    await task.say('two')
    await watcher.untilText('one, two')
    task.end()
    await watcher.untilDone()
    expect(seen.filter((error) => error !== null)).toEqual([])
    expect(asked).toBeGreaterThan(2)
  })

  it.concurrent('scenario 9 · an answer that is overtaken by a later one changes nothing when it comes', async ({
    onTestFinished,
  }) => {
    const { fetch, settled } = deafFetch()
    const world = await openHostileWorld(onTestFinished, { ...options, fetch })
    const { client, platform, proxy } = world
    const { taskId, task } = await startTask(world)
    const slow = delayed()
    proxy.next(['read'], slow.misbehave)
    const watcher = watchClosely(client.observe(taskId), world)
    await slow.asked
    await task.say('two, ')
    platform.wake()
    await watcher.untilText('one, two, ')
    const before = settled()
    slow.release()
    await vi.waitFor(() => expect(settled()).toBeGreaterThan(before))
    await task.say('three')
    task.end()
    await watcher.untilDone()
  })

  it.concurrent('scenario 9 · a page that becomes visible has caught up within a second, whatever it hung on', async ({
    onTestFinished,
  }) => {
    const world = await openHostileWorld(onTestFinished, options)
    const { client, platform, proxy } = world
    const { taskId, task } = await startTask(world)
    const watcher = watchClosely(client.observe(taskId), world)
    await watcher.untilText('one, ')
    const revive = proxy.always(logKinds, stall)
    platform.visible = false
    const before = proxy.count(...logKinds)
    proxy.cut()
    await task.say('two')
    platform.wake()
    await vi.waitFor(() => expect(proxy.count(...logKinds)).toBeGreaterThan(before))
    revive()
    platform.visible = true
    const from = performance.now()
    platform.wake()
    await watcher.untilText('one, two')
    expect(performance.now() - from).toBeLessThan(1_000)
    task.end()
    await watcher.untilDone()
  })

  it.concurrent('scenario 9 · nothing is applied, asked or timed after the last listener has left', async ({
    onTestFinished,
  }) => {
    const { fetch, settled } = deafFetch()
    const world = await openHostileWorld(onTestFinished, { ...options, fetch })
    const { client, clock, platform, proxy } = world
    const { taskId, task } = await startTask(world)
    const watcher = watchClosely(client.observe(taskId), world)
    await watcher.untilText('one, ')
    const slow = delayed()
    proxy.next(['read'], slow.misbehave)
    platform.wake()
    await task.say('two')
    await slow.asked
    watcher.leave()
    const left = watcher.observer.getSnapshot()
    const answered = settled()
    slow.release()
    await vi.waitFor(() => expect(settled()).toBeGreaterThan(answered))
    const asked = proxy.requests.length
    platform.wake()
    expect(clock.pending).toBe(0)
    expect(platform.listeners.size).toBe(0)
    // A round trip of its own, after which whatever was under way has come.
    await client.list()
    expect(proxy.requests.length).toBe(asked + 1)
    expect(watcher.observer.getSnapshot()).toBe(left)
    task.end()
  })
})

describe('a create', () => {
  it.concurrent.for<[string, readonly Misbehaviour[]]>([
    ['whose answer is lost', [loseAnswer]],
    ['whose answer is lost three times', [loseAnswer, loseAnswer, loseAnswer]],
    ['whose answer breaks off', [breakOff]],
    ['whose answer is cut short', [cutShort]],
    ['that never reaches the server', [reset, reset]],
    ['that meets a gateway without its server', [badGateway]],
    ['that meets all of it', [badGateway, loseAnswer, cutShort]],
  ])('scenario 9 · %s makes one task', async ([, misbehaviours], { onTestFinished }) => {
    const { client, proxy, server } = await openHostileWorld(onTestFinished)
    proxy.next(['create'], ...misbehaviours)
    const { task_id } = await client.start({ message: 'go' })
    expect((await server.list()).map((task) => task.task_id)).toEqual([task_id])
    expect(proxy.count('create')).toBe(misbehaviours.length + 1)
  })

  it.concurrent('scenario 9 · waits as long as a 503 says', async ({ onTestFinished }) => {
    const { client, proxy, server } = await openHostileWorld(onTestFinished)
    proxy.next(['create'], comeBackIn(1, 503))
    await client.start({ message: 'go' })
    const [refused, next] = proxy.requests
    expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(999)
    expect(await server.list()).toHaveLength(1)
  })
})
