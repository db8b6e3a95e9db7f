import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Screen, TabWorld } from './tab-world.ts'

// Random histories of tabs: they are opened, closed, hidden, frozen and thawed while tasks write and the server comes
// and goes. Whatever happens, three laws hold.

type Step =
  | { do: 'open'; taskId: string; viewer: string }
  | { do: 'stop' | 'start' | 'wake'; tab: number }
  | { do: 'close' | 'hide' | 'show' | 'freeze' | 'thaw'; tab: number }
  | { do: 'emit'; taskId: string; viewer: string; count: number }
  | { do: 'lose'; taskId: string; viewer: string }
  | { do: 'down' | 'up' }
  | { do: 'pass'; ms: number }

const viewers = ['ann', 'bob']
const taskIds = ['t1', 't2']
const subject = { taskId: fc.constantFrom(...taskIds), viewer: fc.constantFrom(...viewers) }
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), ...subject }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('close', 'stop', 'start', 'hide', 'show', 'freeze', 'thaw', 'wake'),
      tab: fc.nat(7),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('emit' as const),
      ...subject,
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), ...subject }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('down', 'up') }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
  },
)

/** The longest that two may both lead: until the one that lost the lock runs again, and is told. */
const watchdogMs = 2_000

class History {
  readonly world: TabWorld = new TabWorld()
  readonly screens: Screen[] = []
  /** When a viewer was first seen to have two leaders that both run. */
  readonly doubled: Map<string, number> = new Map()

  act(step: Step): void {
    const { world, screens } = this
    if (step.do === 'open' && screens.length < 8) screens.push(world.open(step))
    if (step.do === 'emit') world.emit(step.count, step.taskId, step.viewer)
    if (step.do === 'lose') {
      const task = world.task(step.taskId, step.viewer)
      task.epoch += '+'
      task.events = Math.floor(task.events / 2)
    }
    if (step.do === 'down' || step.do === 'up') world.down = step.do === 'down'
    if (!('tab' in step)) return
    const screen = screens[step.tab % Math.max(1, screens.length)]
    if (screen === undefined || screen.tab.closed) return
    const { tab, transport } = screen
    if (step.do === 'start' || step.do === 'stop' || step.do === 'wake') {
      const { [step.do]: call } = transport
      tab.run(call)
    } else tab[step.do]()
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await this.world.clock.advance(Math.min(100, ms - passed))
      for (const viewer of viewers) {
        const leaders = this.screens.filter(
          (screen) =>
            screen.viewer === viewer && screen.following.size > 0 && !screen.tab.frozen && !screen.tab.closed,
        )
        if (leaders.length < 2) this.doubled.delete(viewer)
        else if (!this.doubled.has(viewer)) this.doubled.set(viewer, this.world.clock.now())
        const since = this.doubled.get(viewer)
        if (since !== undefined) expect(this.world.clock.now() - since).toBeLessThanOrEqual(watchdogMs)
      }
    }
  }
}

test('tabs end with every event in order, two lead only for moments, and accounts never meet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async (history) => {
      const run = new History()
      const { world, screens } = run
      for (const step of history) {
        if (step.do === 'pass') await run.pass(step.ms)
        else run.act(step)
      }
      // Everything recovers: the server is there, who is frozen is thawed, and somebody looks at each tab.
      world.down = false
      for (const { tab, transport } of screens) {
        if (tab.closed) continue
        tab.thaw()
        tab.show()
        transport.start()
      }
      await run.pass(45_000)
      for (const { tab, shown, viewer, taskId, connection } of screens) {
        if (tab.closed) continue
        expect(connection).toBe('live')
        const { events } = world.task(taskId, viewer)
        expect(shown).toEqual(Array.from({ length: events }, (_, idx) => `${viewer} ${idx}`))
      }
      // One of each account that has tabs leads, and nobody else reads.
      const before = world.reads.length
      await run.pass(3_000)
      const readers = new Set(world.reads.slice(before).map(({ tab }) => tab))
      const alive = screens.filter(({ tab }) => !tab.closed)
      expect(readers.size).toBe(new Set(alive.map(({ viewer }) => viewer)).size)

      for (const { tab, transport } of alive) tab.run(() => transport.stop())
      await run.pass(100)
      expect(alive.map(({ tab }) => tab.timers + tab.platform.listeners.size)).toEqual(alive.map(() => 0))
      expect(world.browser.channels.size + world.browser.held.size + world.browser.waiting.length).toBe(0)
    }),
    { numRuns: Number(process.env.TAB_RUNS ?? 60) },
  )
}, 120_000)
