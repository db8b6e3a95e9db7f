import { describe, expect, test } from 'vitest'
import { TaskClient } from '../../../src/task-client.ts'
import { auto, polling, sse, websocket } from '../../../src/transports/push/index.ts'
import { networkDown } from '../../support/fake-server.ts'
import { textOf, watch } from '../../support/make-world.ts'
import { autoTransport, follow, openWorld, socketOptions } from '../push-world.ts'
import { makeStreamWorld } from './fake-streams.ts'

describe('auto, against a real server', () => {
  test('takes the socket where there is one', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const watched = follow(world.connect({ transport: autoTransport() }).observe(task.id))
    await task.text('x')
    await task.end()
    const end = await watched.until(({ connection }) => connection === 'done')
    expect(end.transport).toEqual({ name: 'websocket', steppedDownBecause: null })
    expect(textOf(end)).toBe('x')
  })

  test('goes on with an event stream, from the same cursor, where upgrades are refused', async () => {
    const world = await openWorld()
    world.refuseUpgrades()
    const task = await world.openTask()
    const client = world.connect({ transport: autoTransport() })
    const watched = follow(client.observe(task.id))
    let text = ''
    for (let word = 0; watched.observer.getSnapshot().transport?.name !== 'sse'; word++) {
      text += `${word} `
      await task.text(`${word} `)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await watched.until((snapshot) => textOf(snapshot) === text)
    expect(watched.observer.getSnapshot().transport).toEqual({ name: 'sse', steppedDownBecause: 'unstable' })
    const upgrades = (): number => world.seen.filter((request) => request.endsWith('/ws')).length
    expect(upgrades()).toBe(3)

    // What one task has found out, the next one need not.
    const other = await world.openTask()
    const next = follow(client.observe(other.id))
    await next.until(({ connection }) => connection === 'live')
    expect(next.observer.getSnapshot().transport?.name).toBe('sse')
    expect(upgrades()).toBe(3)
    await task.end()
    expect(textOf(await watched.until(({ connection }) => connection === 'done'))).toBe(text)
  })

  test('fails with the words of the server when the task is not there, and tries nothing else', async () => {
    const world = await openWorld()
    const watched = follow(world.connect({ transport: autoTransport() }).observe('nobody'))
    const end = await watched.until(({ connection }) => connection === 'failed')
    expect(end).toMatchObject({ error: { code: 'task_not_found' }, transport: { name: 'websocket' } })
    expect(world.seen).toEqual(['GET /api/tasks/nobody'])
  })
})

describe('auto', () => {
  const streamThenPoll = () => auto([sse(), polling('long-poll')])

  test('polls where a stream holds back its first byte for 5 s', async () => {
    const { clock, client, server, streams } = makeStreamWorld({ transport: streamThenPoll() })
    server.text('a')
    const observer = client.observe('t1')
    const { seen } = watch(observer)
    await clock.advance(4_999)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', transport: { name: 'sse' } })
    server.text('b')
    await clock.advance(1)
    expect(observer.getSnapshot()).toMatchObject({
      connection: 'live',
      transport: { name: 'long-poll', steppedDownBecause: 'silent' },
    })
    expect(textOf(observer.getSnapshot())).toBe('ab')
    expect([streams.length, streams[0]?.isAborted]).toEqual([1, true])
    // One object as long as it says the same.
    expect(new Set(seen.map(({ transport }) => transport)).size).toBe(2)
    streams[0]?.send('data: late\n\n')
    await clock.advance(1_000)
    expect(observer.getSnapshot().connection).toBe('live')
  })

  test('polls where a stream is refused', async () => {
    const { clock, client, streams } = makeStreamWorld({ transport: streamThenPoll() })
    const observer = client.observe('t1')
    watch(observer)
    await clock.advance(0)
    streams[0]?.answer(new Response('no', { status: 405 }))
    await clock.advance(0)
    expect(observer.getSnapshot().transport).toEqual({ name: 'long-poll', steppedDownBecause: 'blocked' })
  })

  test('polls after three streams that brought a beginning and no more', async () => {
    const { clock, client, streams } = makeStreamWorld({ transport: streamThenPoll() })
    const observer = client.observe('t1')
    watch(observer)
    await clock.advance(0)
    for (let time = 0; time < 3; time++) {
      expect(observer.getSnapshot().transport?.name).toBe('sse')
      streams[time]?.send('event: recycle\ndata: {"retry_ms":0}\n\n')
      await clock.advance(2_500)
    }
    expect(observer.getSnapshot().transport).toEqual({ name: 'long-poll', steppedDownBecause: 'unstable' })
  })

  test('tries no better way again when it is woken, or watched anew, but a new client does', async () => {
    const { clock, client, platform, server, streams } = makeStreamWorld({ transport: streamThenPoll() })
    const observer = client.observe('t1')
    const first = watch(observer)
    await clock.advance(0)
    streams[0]?.answer(new Response('no', { status: 405 }))
    await clock.advance(1_000)
    platform.wake()
    await clock.advance(60_000)
    first.leave()
    const second = watch(observer)
    await clock.advance(60_000)
    const stepped = { name: 'long-poll', steppedDownBecause: 'blocked' }
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', transport: stepped })
    second.leave()
    watch(client.observe('t2'))
    await clock.advance(1_000)
    expect(streams).toHaveLength(1)
    expect(server.reads.at(-1)?.path).toBe('/api/tasks/t2')

    const reloaded = new TaskClient({ ...client.context, transport: streamThenPoll() }).observe('t1')
    watch(reloaded)
    await clock.advance(0)
    expect(streams).toHaveLength(2)
    expect(reloaded.getSnapshot().transport).toEqual({ name: 'sse', steppedDownBecause: null })
  })

  test('stays where it is while the whole network is away', async () => {
    const { clock, client, server, streams } = makeStreamWorld({ transport: streamThenPoll() })
    const observer = client.observe('t1')
    watch(observer)
    await clock.advance(0)
    streams[0]?.send(':\n\n')
    await clock.advance(2_000)
    server.script(networkDown, networkDown, networkDown, networkDown, networkDown)
    streams[0]?.break()
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000)
      if (streams.length > 1) streams.at(-1)?.send(':\n\n')
    }
    expect(observer.getSnapshot()).toMatchObject({ connection: 'live', transport: { name: 'sse' } })
    expect(server.reads.length).toBeGreaterThan(6)
    expect(streams).toHaveLength(2)
  })

  test('does not begin again when it was stopped, nor let anything through', async () => {
    const { clock, client, streams, platform } = makeStreamWorld({ transport: streamThenPoll() })
    const observer = client.observe('t1')
    const { leave } = watch(observer)
    await clock.advance(1_000)
    leave()
    await clock.advance(100_000)
    expect(streams).toHaveLength(1)
    expect(observer.getSnapshot()).toMatchObject({ connection: 'idle', transport: { name: 'sse' } })
    expect([clock.pending, platform.listeners.size]).toEqual([0, 0])
  })

  test('with one way alone never leaves it', async () => {
    const { clock, client, streams } = makeStreamWorld({ transport: auto([sse()]) })
    const observer = client.observe('t1')
    watch(observer)
    await clock.advance(0)
    streams[0]?.answer(new Response('no', { status: 405 }))
    await clock.advance(1_000)
    expect(observer.getSnapshot().transport).toEqual({ name: 'sse', steppedDownBecause: null })
    expect(streams).toHaveLength(2)
  })
})

test('every observer of a client shares its socket, also over a real network', async () => {
  const world = await openWorld()
  const tasks = await Promise.all(Array.from({ length: 20 }, () => world.openTask()))
  const client = world.connect({ transport: websocket(socketOptions) })
  const watchers = tasks.map(({ id }) => follow(client.observe(id)))
  for (const watcher of watchers) await watcher.until(({ connection }) => connection === 'live')
  await Promise.all(tasks.map((task, index) => task.text(`${index}`)))
  for (const [index, watcher] of watchers.entries())
    await watcher.until((snapshot) => textOf(snapshot) === `${index}`)
  expect(world.seen.filter((request) => request.endsWith('/ws'))).toHaveLength(1)
})
