import { describe, expect, test } from 'vitest'
import { type Screen, TabWorld } from './tab-world.ts'

const contents = (count: number, viewer = 'ann'): string[] =>
  Array.from({ length: count }, (_, idx) => `${viewer} ${idx}`)

/** A world with tabs that have joined, the first of which leads. */
async function worldOf(count: number): Promise<{ world: TabWorld; screens: Screen[] }> {
  const world = new TabWorld()
  const screens: Screen[] = []
  for (let number = 0; number < count; number++) {
    screens.push(world.open())
    await world.clock.advance(100)
  }
  return { world, screens }
}

const first = <Value>([value]: readonly Value[]): Value => {
  if (value === undefined) throw new Error('There is none.')
  return value
}
const second = <Value>([, value]: readonly Value[]): Value => first([value as Value])

describe('eight tabs on one task', () => {
  test('show all of it, in order, and end with it', async () => {
    const { world, screens } = await worldOf(8)
    for (let step = 0; step < 20; step++) {
      world.emit(3)
      await world.clock.advance(130)
    }
    world.finish()
    await world.clock.advance(1_000)
    for (const { shown, connection } of screens) {
      expect(shown.slice(0, 60)).toEqual(contents(60))
      expect(shown).toHaveLength(61)
      expect(connection).toBe('done')
    }
    expect(world.clock.pending).toBe(0)
    expect(world.browser.channels.size + world.browser.held.size + world.browser.waiting.length).toBe(0)
  })

  test('ask once each, and then as often as one tab does', async () => {
    const run = async (count: number): Promise<number> => {
      const { world } = await worldOf(count)
      const before = world.reads.length
      for (let step = 0; step < 200; step++) {
        if (step % 20 < 10) world.emit()
        await world.clock.advance(100)
      }
      return world.reads.length - before
    }
    const [one, eight] = [await run(1), await run(8)]
    expect(one).toBeGreaterThan(60)
    expect(eight).toBeLessThan(one * 1.1)
  })

  test('of which all are hidden ask once in five seconds', async () => {
    const { world, screens } = await worldOf(8)
    for (const { tab } of screens) tab.hide()
    await world.clock.advance(5_000)
    const before = world.reads.length
    await world.clock.advance(50_000)
    expect(world.reads.length - before).toBeLessThanOrEqual(10)
  })

  test('look at once when one of them says that something has changed', async () => {
    const { world, screens } = await worldOf(8)
    world.pollIntervalMs = 30_000
    await world.clock.advance(5_000)
    world.emit()
    screens[7]?.transport.wake()
    await world.clock.advance(100)
    for (const { shown } of screens) expect(shown).toEqual(contents(1))
  })
})

describe('the lead', () => {
  test('passes on at once when the tab is closed', async () => {
    const { world, screens } = await worldOf(3)
    expect(world.browser.leader()).toBe(first(screens).tab)
    first(screens).tab.close()
    world.emit(5)
    await world.clock.advance(200)
    expect(world.browser.leader()).toBe(second(screens).tab)
    for (const { shown } of screens.slice(1)) expect(shown).toEqual(contents(5))
  })

  test('passes on when the task is no longer shown there', async () => {
    const { world, screens } = await worldOf(3)
    first(screens).transport.stop()
    world.emit(5)
    await world.clock.advance(200)
    expect(world.browser.leader()).toBe(second(screens).tab)
    expect(first(screens)).toMatchObject({ shown: [], connection: 'idle' })
    expect(second(screens).shown).toEqual(contents(5))
  })

  test('of a tab that becomes hidden goes to one that is seen', async () => {
    const { world, screens } = await worldOf(3)
    screens[1]?.tab.hide()
    first(screens).tab.hide()
    world.emit()
    await world.clock.advance(1_200)
    expect(world.browser.leader()).toBe(screens[2]?.tab)
    for (const { shown } of screens) expect(shown).toEqual(contents(1))
    const before = world.reads.length
    await world.clock.advance(10_000)
    expect(world.reads.slice(before).every(({ tab }) => tab === screens[2]?.tab)).toBe(true)
  })

  test('of a tab that becomes hidden goes to one that is seen, also while it goes on telling what it reads', async () => {
    const { world, screens } = await worldOf(2)
    first(screens).tab.hide()
    for (let step = 0; step < 60; step++) {
      world.emit()
      first(screens).transport.wake()
      await world.clock.advance(25)
    }
    expect(world.browser.leader()).toBe(second(screens).tab)
  })

  test.each([30, 50, 150])(
    'of a hidden tab that has news every %i ms goes to one that is seen',
    async (everyMs) => {
      const { world, screens } = await worldOf(2)
      first(screens).tab.hide()
      for (
        let passed = 0;
        passed < 3_000 && world.browser.leader() === first(screens).tab;
        passed += everyMs
      ) {
        world.emit()
        // As over a connection: what comes does not wait for the next poll.
        first(screens).transport.wake()
        await world.clock.advance(everyMs)
      }
      expect(world.browser.leader()).toBe(second(screens).tab)
    },
  )

  test('stays with a hidden tab while nobody else is seen, and a tab that is seen again catches up at once', async () => {
    const { world, screens } = await worldOf(2)
    for (const { tab } of screens) tab.hide()
    await world.clock.advance(10_000)
    expect(world.browser.leader()).toBe(first(screens).tab)
    world.emit()
    second(screens).tab.show()
    await world.clock.advance(100)
    expect(second(screens).shown).toEqual(contents(1))
    expect(world.browser.leader()).toBe(second(screens).tab)
  })

  test.each([2, 8])('of a frozen tab goes to one that is seen within 3 s, of %i tabs', async (count) => {
    const { world, screens } = await worldOf(count)
    await world.clock.advance(5_000)
    first(screens).tab.freeze()
    world.emit(4)
    await world.clock.advance(2_900)
    for (const { shown } of screens.slice(1)) expect(shown).toEqual(contents(4))
    expect(world.browser.leader()).not.toBe(first(screens).tab)

    world.emit(2)
    await world.clock.advance(2_000)
    first(screens).tab.thaw()
    await world.clock.advance(2_000)
    for (const { shown } of screens) expect(shown).toEqual(contents(6))
    expect(screens.filter(({ following }) => following.size > 0).map(({ tab }) => tab)).toEqual([
      world.browser.leader(),
    ])
  })

  test('is not taken by hidden tabs from one that is frozen, nor do they ask', async () => {
    const { world, screens } = await worldOf(3)
    for (const { tab } of screens) tab.hide()
    await world.clock.advance(6_000)
    first(screens).tab.freeze()
    const before = world.reads.length
    await world.clock.advance(20_000)
    expect(world.reads.length).toBe(before)
    expect(world.browser.leader()).toBe(first(screens).tab)
  })

  test('of a frozen tab is taken also when the clock was set back meanwhile', async () => {
    for (const backMs of [1_500, 60_000, 3_600_000]) {
      const { world, screens } = await worldOf(2)
      await world.clock.advance(2_000)
      first(screens).tab.freeze()
      await world.clock.advance(500)
      world.browser.shiftMs = -backMs
      world.emit(4)
      await world.clock.advance(5_000)
      expect(second(screens).shown).toEqual(contents(4))
      expect(world.browser.leader()).toBe(second(screens).tab)
    }
  })

  test('is not fought for while the server is away, and everybody who is seen tells of it', async () => {
    const { world, screens } = await worldOf(3)
    world.down = true
    await world.clock.advance(20_000)
    expect(world.browser.leader()).toBe(first(screens).tab)
    expect(screens.map(({ connection }) => connection)).toEqual(['retrying', 'retrying', 'retrying'])
    world.down = false
    world.emit(3)
    await world.clock.advance(40_000)
    for (const { shown, connection } of screens) {
      expect(shown).toEqual(contents(3))
      expect(connection).toBe('live')
    }
    expect(screens.filter(({ following }) => following.size > 0)).toHaveLength(1)
  })
})

describe('a leader', () => {
  test('reads tasks that it does not show, for as long as somebody shows them', async () => {
    const { world, screens } = await worldOf(1)
    const leader = first(screens)
    const others = [world.open({ taskId: 't2' }), world.open({ taskId: 't2' }), world.open({ taskId: 't3' })]
    await world.clock.advance(50)
    expect([...leader.following]).toEqual(['t1', 't2', 't3'])
    world.emit(7, 't2')
    await world.clock.advance(1_500)
    expect([...leader.following]).toEqual(['t1', 't2', 't3'])
    expect(others.map(({ shown }) => shown.length)).toEqual([7, 7, 0])
    const before = world.reads.length
    await world.clock.advance(5_000)
    expect(world.reads.slice(before).every(({ tab }) => tab === leader.tab)).toBe(true)

    others[2]?.transport.stop()
    world.finish('t2')
    await world.clock.advance(1_500)
    expect(others.map(({ connection }) => connection)).toEqual(['done', 'done', 'idle'])
    await world.clock.advance(6_000)
    expect([...leader.following]).toEqual(['t1'])
  })

  test('leaves what nobody asks for, also when the clock was set back', async () => {
    const { world, screens } = await worldOf(1)
    const other = world.open({ taskId: 't2' })
    await world.clock.advance(2_000)
    other.transport.stop()
    world.browser.shiftMs = -3_600_000
    await world.clock.advance(7_000)
    expect([...first(screens).following]).toEqual(['t1'])
  })

  test('goes on with what is asked for again and again, without beginning anew', async () => {
    const { world } = await worldOf(1)
    world.pollIntervalMs = 30_000
    world.open({ taskId: 't2' })
    await world.clock.advance(29_000)
    expect(world.reads.filter(({ taskId }) => taskId === 't2').length).toBeLessThanOrEqual(3)
  })

  test('that has no more to show leaves the lead to those who have', async () => {
    const world = new TabWorld()
    const leader = world.open()
    await world.clock.advance(500)
    const other = world.open({ taskId: 't2' })
    await world.clock.advance(500)
    world.finish()
    world.emit(2, 't2')
    await world.clock.advance(1_500)
    expect(leader.connection).toBe('done')
    expect(world.browser.leader()).toBe(other.tab)
    expect(other.shown).toEqual(contents(2))
  })

  test('that is refused fails alone, gives the lead away, and joins again when it is started anew', async () => {
    const { world, screens } = await worldOf(2)
    world.refuses = true
    await world.clock.advance(1_100)
    world.refuses = false
    expect(first(screens).connection).toBe('failed')
    expect(first(screens).tab.timers + first(screens).tab.platform.listeners.size).toBe(0)
    world.emit(2)
    await world.clock.advance(5_000)
    first(screens).transport.start()
    second(screens).transport.start()
    await world.clock.advance(1_000)
    for (const { shown, connection } of screens) {
      expect(shown).toEqual(contents(2))
      expect(connection).toBe('live')
    }
  })

  test('that had a page rebuilt tells nobody nonsense: the others rebuild it too', async () => {
    const { world, screens } = await worldOf(3)
    world.emit(10)
    await world.clock.advance(1_000)
    Object.assign(world.task(), { epoch: 'e2', events: 4 })
    await world.clock.advance(2_500)
    world.emit()
    await world.clock.advance(2_500)
    for (const { shown, connection } of screens) {
      expect(shown).toEqual(contents(5))
      expect(connection).toBe('live')
    }
  })
})

describe('a follower', () => {
  test('that missed what the leader told reads it for itself, once', async () => {
    const { world, screens } = await worldOf(2)
    second(screens).tab.freeze()
    world.emit(3)
    await world.clock.advance(500)
    second(screens).tab.close()
    const late = world.open()
    await world.clock.advance(2_000)
    expect(late.shown).toEqual(contents(3))
    expect(world.reads.filter(({ tab }) => tab === late.tab).length).toBeLessThanOrEqual(2)
  })

  test('joins a stream that never pauses without falling behind again and again', async () => {
    const { world } = await worldOf(1)
    world.pollIntervalMs = 10
    const timer = (): void => {
      world.emit()
      world.clock.schedule(timer, 5)
    }
    timer()
    await world.clock.advance(500)
    const tab = world.browser.openTab()
    tab.latencyMs = 200
    const late = world.open({ tab })
    await world.clock.advance(5_000)
    expect(late.shown.length).toBeGreaterThan(1_000)
    expect(world.reads.filter(({ tab }) => tab === late.tab).length).toBeLessThanOrEqual(3)
  })

  test.each([
    ['events', (world: TabWorld) => world.emit(), 4],
    ['of a rebuilt log', (world: TabWorld) => Object.assign(world.task(), { epoch: 'e2', events: 2 }), 2],
  ])(
    'that missed %s while it joined learns of it from a leader that has no more news',
    async (_, happen, count) => {
      const { world, screens } = await worldOf(1)
      world.pollIntervalMs = 30_000
      world.emit(3)
      first(screens).transport.wake()
      await world.clock.advance(1_000)
      const tab = world.browser.openTab()
      tab.latencyMs = 400
      const late = world.open({ tab })
      await world.clock.advance(300)
      happen(world)
      first(screens).transport.wake()
      await world.clock.advance(2_500)
      expect(late.shown).toEqual(contents(count))
      expect(world.reads.filter(({ tab }) => tab === late.tab).length).toBeLessThanOrEqual(3)
    },
  )

  test('that hears of the end while it reads what was before it is done with that read', async () => {
    const { world, screens } = await worldOf(1)
    const leader = first(screens).transport
    world.open({ taskId: 't2' }) // The next leader, so that the late one stays a follower.
    const tab = world.browser.openTab()
    tab.latencyMs = 400
    world.pollIntervalMs = 30_000
    await world.clock.advance(1_000)
    const late = world.open({ tab })
    await world.clock.advance(300)
    world.emit()
    leader.wake()
    await world.clock.advance(200)
    world.emit()
    leader.wake()
    await world.clock.advance(250)
    world.finish()
    leader.wake()
    await world.clock.advance(500)
    expect(late.connection).toBe('done')
    expect(late.shown).toHaveLength(3)
    expect(world.reads.filter((read) => read.tab === tab)).toHaveLength(2)
  })

  test('that leaves with the first of what it missed is shown nothing of the rest', async () => {
    const { world, screens } = await worldOf(1)
    const leader = first(screens).transport
    const tab = world.browser.openTab()
    tab.latencyMs = 400
    world.pollIntervalMs = 30_000
    await world.clock.advance(1_000)
    const late = world.open({ tab })
    for (const passMs of [300, 200, 250]) {
      await world.clock.advance(passMs)
      world.emit()
      leader.wake()
    }
    late.report = (connection) => {
      late.connections.push(connection)
      if (late.shown.length > 0 && connection === 'live') late.transport.stop()
    }
    await world.clock.advance(500)
    expect(late.connection).toBe('idle')
    expect(late.shown).toEqual(contents(2))
  })

  test('keeps what it reads for itself: a page on the channel is a sign that the leader is alive', async () => {
    const { world, screens } = await worldOf(2)
    const heard: unknown[] = []
    const channel = world.browser.openTab().host.openChannel([...world.browser.held.keys()][0] ?? '')
    channel.addEventListener('message', ({ data }) => heard.push((data as { type: string }).type))
    first(screens).tab.freeze()
    world.emit()
    second(screens).tab.platform.wake()
    await world.clock.advance(500)
    expect(second(screens).shown).toEqual(contents(1))
    expect(heard).not.toContain('page')
  })

  test('takes nothing of an old log while it rebuilds', async () => {
    const { world, screens } = await worldOf(2)
    world.emit(3)
    await world.clock.advance(500)
    const follower = second(screens)
    const stale = { ...world.page('t1', 'ann', { from: 0, epoch: null }), first_idx: 1, truncated: true }
    const channel = world.browser.openTab().host.openChannel([...world.browser.held.keys()][0] ?? '')
    first(screens).tab.freeze()
    follower.tab.latencyMs = 1_000
    Object.assign(world.task(), { epoch: 'e2', events: 5 })
    channel.postMessage({ type: 'page', page: { ...stale, epoch: 'e2' } })
    for (let step = 0; step < 100 && follower.log.epoch !== null; step++) await world.clock.advance(20)
    expect(follower.log.epoch).toBe(null)
    channel.postMessage({ type: 'page', page: { ...stale, events: stale.events.slice(1) } })
    await world.clock.advance(20)
    expect(follower.shown).toEqual([])
    await world.clock.advance(3_000)
    expect(follower.shown).toEqual(contents(5))
  })

  test('shows what is there from its own first read on, and never goes back to connecting', async () => {
    const { world, screens } = await worldOf(2)
    first(screens).tab.close()
    world.emit()
    await world.clock.advance(3_000)
    const { connections } = second(screens)
    expect(connections.filter((connection, at) => connection !== connections[at - 1])).toEqual([
      'connecting',
      'live',
    ])
    expect(world.browser.leader()).toBe(second(screens).tab)
  })

  test('takes no harm from a message that no tab of this build would send', async () => {
    const { world, screens } = await worldOf(2)
    const name = [...world.browser.held.keys()][0] ?? ''
    const stranger = world.browser.openTab().host.openChannel(name)
    stranger.postMessage({
      type: 'page',
      page: { task_id: 't1', epoch: 'e1', events: [{}], next_offset: 'x' },
    })
    for (const message of [
      null,
      1,
      'x',
      {},
      { type: 'hello' },
      { type: 'page' },
      { type: 'page', page: null },
    ])
      stranger.postMessage(message)
    for (const cursor of [null, {}, { from: Number.NaN }, { from: '0' }])
      stranger.postMessage({ type: 'want', taskId: 't9', cursor })
    stranger.postMessage({ type: 'want', taskId: null, cursor: { from: 0, epoch: null } })
    world.emit()
    await world.clock.advance(2_000)
    for (const { shown, connection } of screens) {
      expect(shown).toEqual(contents(1))
      expect(connection).toBe('live')
    }
    expect(screens.flatMap(({ following }) => [...following])).toEqual(['t1'])
  })
})

describe('two accounts in one browser', () => {
  test('never meet, even on tasks of the same id', async () => {
    const world = new TabWorld()
    const screens = ['ann', 'bob', 'ann', 'bob'].map((viewer) => world.open({ viewer }))
    await world.clock.advance(500)
    world.emit(3, 't1', 'ann')
    world.emit(5, 't1', 'bob')
    await world.clock.advance(2_000)
    for (const { shown, viewer } of screens) expect(shown).toEqual(contents(viewer === 'ann' ? 3 : 5, viewer))
    expect([...world.browser.held.keys()].map((name) => name.split(' ').at(-1)).sort()).toEqual([
      'ann',
      'bob',
    ])
  })

  test('a tab says nothing, and hears nothing, before its own read was answered', async () => {
    const { world } = await worldOf(1)
    world.down = true
    const late = world.open()
    await world.clock.advance(2_000)
    expect([...world.browser.channels].some(({ tab }) => tab === late.tab)).toBe(false)
    expect(late.connection).toBe('retrying')
  })
})

describe('where tabs cannot be shared', () => {
  test.each([
    ['the browser refuses locks', 'ann', new Error('SecurityError')],
    ['the server names no viewer', '', null],
  ])('as %s, each reads for itself', async (_, viewer, refusal) => {
    const world = new TabWorld()
    world.browser.refusal = refusal
    const screens = [world.open({ viewer }), world.open({ viewer })]
    await world.clock.advance(1_000)
    world.emit(2, 't1', viewer)
    await world.clock.advance(1_000)
    for (const { shown, following } of screens) {
      expect(shown).toEqual(contents(2, viewer))
      expect(following.size).toBe(1)
    }
    expect(world.browser.channels.size).toBe(0)
    for (const { transport } of screens) transport.stop()
    await world.clock.advance(0)
    expect(world.browser.tabs.map(({ timers }) => timers)).toEqual([0, 0])
  })
})

test('a tab that is refused a channel reads for itself', async () => {
  const world = new TabWorld()
  const tab = world.browser.openTab()
  Object.assign(tab.host, {
    openChannel() {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    },
  })
  world.emit(2)
  const screen = world.open({ tab })
  await world.clock.advance(1_000)
  world.emit(3)
  world.finish()
  await world.clock.advance(1_000)
  expect([screen.connection, screen.shown.length]).toEqual(['done', 6])
  expect([world.browser.held.size, tab.timers]).toEqual([0, 0])
})

test('a thousand starts and stops leave no timer, listener, channel or lock', async () => {
  const { world, screens } = await worldOf(2)
  const tab = world.browser.openTab()
  const screen = world.open({ tab })
  const listeners = (): number =>
    world.browser.tabs.reduce((sum, { platform }) => sum + platform.listeners.size, 0)
  for (let round = 0; round < 1_000; round++) {
    await world.clock.advance(round % 3 === 0 ? 0 : round % 70)
    screen.transport.stop()
    if (round % 2) await world.clock.advance(1)
    screen.transport.start()
  }
  await world.clock.advance(100)
  expect(screen.connection).toBe('live')
  for (const { transport } of [screen, ...screens]) transport.stop()
  await world.clock.advance(100)
  expect(world.browser.tabs.map(({ timers }) => timers)).toEqual([0, 0, 0])
  expect(world.browser.channels.size).toBe(0)
  expect(world.browser.held.size + world.browser.waiting.length).toBe(0)
  expect(listeners()).toBe(0)
})
