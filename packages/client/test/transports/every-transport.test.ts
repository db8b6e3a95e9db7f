import { describe, expect, test } from 'vitest'
import type { TaskSnapshot } from '../../src/task-observer.ts'
import { textOf } from '../support/make-world.ts'
import { everyTransport, follow, openWorld, until } from './push-world.ts'

// Against the real manager and routes on a loopback port, behind a relay that can be cut.

const done = ({ connection }: TaskSnapshot): boolean => connection === 'done'
const shows =
  (text: string) =>
  (snapshot: TaskSnapshot): boolean =>
    textOf(snapshot) === text

describe.each(everyTransport)('a task over $name', ({ name, make }) => {
  test('is followed from 0 to its end', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const watched = follow(world.connect({ transport: make() }).observe(task.id, { watermark: 0 }))
    await task.text('one ')
    await watched.until(shows('one '))
    await task.text('two ', 'three')
    await watched.until(shows('one two three'))
    expect(watched.observer.getSnapshot()).toMatchObject({
      connection: 'live',
      error: null,
      transport: { name, steppedDownBecause: null },
      status: 'running',
    })
    await task.end()
    const end = await watched.until(done)
    expect(end).toMatchObject({ status: 'succeeded', outcome: { status: 'succeeded' } })
    for (const { error } of watched.snapshots) expect(error).toBeNull()
  })

  test('is joined in the middle, and what was there comes in one piece', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    await task.text('one ', 'two ')
    const watched = follow(world.connect({ transport: make() }).observe(task.id))
    await watched.until(shows('one two '))
    expect(watched.snapshots.filter(({ blocks }) => blocks.length > 0).map(textOf)[0]).toBe('one two ')
    expect(watched.observer.getSnapshot().watermark).toBe(2)
    await task.text('three')
    await watched.until(shows('one two three'))
    expect(watched.observer.getSnapshot().watermark).toBe(2)
  })

  test('that ended before anybody looked is read once', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    await task.text('all')
    await task.end()
    const watched = follow(world.connect({ transport: make() }).observe(task.id))
    expect(textOf(await watched.until(done))).toBe('all')
    expect(world.seen).toEqual([`GET /api/tasks/${task.id}`])
  })

  test('goes on after its connections were cut, again and again, without a gap and without a double', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const watched = follow(world.connect({ transport: make() }).observe(task.id))
    let text = ''
    for (const word of ['a', 'b', 'c', 'd', 'e']) {
      text += word
      await task.text(word)
      await watched.until(shows(text))
      world.cut()
    }
    await task.text('!')
    await task.end()
    const end = await watched.until(done)
    expect(textOf(end)).toBe('abcde!')
    expect(end.truncated).toBe(false)
  })

  test('that outgrew its cap while nobody was connected is rebuilt from its snapshot', async () => {
    const world = await openWorld({ limits: { maxEvents: 20 } })
    const task = await world.openTask()
    const client = world.connect({ transport: make() })
    const watched = follow(client.observe(task.id))
    await task.text('0 ')
    await watched.until(shows('0 '))
    watched.leave()
    let text = '0 '
    for (let batch = 1; batch < 40; batch++) {
      const words = [`${batch}a `, `${batch}b `]
      text += words.join('')
      await task.text(...words)
    }
    const again = follow(watched.observer)
    await again.until(shows(text))
    await task.text('end')
    await task.end()
    const end = await again.until(done)
    expect(textOf(end)).toBe(`${text}end`)
    expect(end.truncated).toBe(false)
  })

  test('of somebody else fails with task_not_found', async () => {
    const world = await openWorld()
    const watched = follow(world.connect({ transport: make() }).observe('nobody'))
    const { error } = await watched.until(({ connection }) => connection === 'failed')
    expect(error).toMatchObject({ code: 'task_not_found', status: 404 })
  })

  test('is followed with a token that was renewed', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const tokens = ['stale', 'ann', 'stale', 'ann', 'stale']
    const headers = (): Record<string, string> => ({ authorization: `Bearer ${tokens.shift() ?? 'ann'}` })
    const watched = follow(world.connect({ transport: make(), headers }).observe(task.id))
    await task.text('in')
    await task.end()
    expect(textOf(await watched.until(done))).toBe('in')
  })

  test('is left with the last listener, and gone on with by the next from where it was', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const first = follow(world.connect({ transport: make() }).observe(task.id))
    await task.text('one ')
    await first.until(shows('one '))
    first.leave()
    expect(first.observer.getSnapshot().connection).toBe('idle')
    await task.text('two')
    const second = follow(first.observer)
    expect(second.observer.getSnapshot().connection).toBe('connecting')
    await second.until(shows('one two'))
    await task.end()
    await second.until(done)
  })

  test('shows the stop that was asked for here, and the end that follows', async () => {
    const world = await openWorld()
    const task = await world.openTask()
    const watched = follow(world.connect({ transport: make() }).observe(task.id))
    await watched.until(({ connection }) => connection === 'live')
    await watched.observer.cancel('enough')
    expect(await watched.until(done)).toMatchObject({ status: 'canceled', outcome: { reason: 'enough' } })
  })
})

test('a task loses nothing when its followers change transport in the middle', async () => {
  const world = await openWorld()
  const task = await world.openTask()
  const watchers = everyTransport.map(({ make }) =>
    follow(world.connect({ transport: make() }).observe(task.id)),
  )
  for (const word of ['a', 'b', 'c']) await task.text(word)
  await until(() => watchers.every(({ observer }) => textOf(observer.getSnapshot()) === 'abc'))
  await task.end()
  for (const watcher of watchers) expect(textOf(await watcher.until(done))).toBe('abc')
  const [first, ...others] = watchers.map(({ observer }) => observer.getSnapshot().blocks)
  for (const blocks of others) expect(blocks).toEqual(first)
})
