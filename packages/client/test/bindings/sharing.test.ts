import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Observable, type Shared, sharing } from '../../src/bindings/sharing.ts'

/** An observer that counts its listeners, and can tell them something. */
class Counter implements Observable<number> {
  static running = 0
  value = 0
  readonly listeners: Set<() => void> = new Set()

  readonly getSnapshot = (): number => this.value
  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = (): void => listener()
    if (this.listeners.size === 0) Counter.running++
    this.listeners.add(entry)
    return () => {
      if (this.listeners.delete(entry) && this.listeners.size === 0) Counter.running--
    }
  }

  count(): void {
    this.value++
    for (const listener of this.listeners) listener()
  }
}

const microtask = () => Promise.resolve()
const ignore = (): void => {}

describe('consumers of the same name and owner', () => {
  it('follow the observer of the first who listens, for as long as anybody does', async () => {
    const share = sharing<number, Counter>()
    const owner = {}
    const [one, two] = [share(owner, 'a', new Counter()), share(owner, 'a', new Counter())]
    const [leaveTwo, leaveOne] = [two.subscribe(ignore), one.subscribe(ignore)]
    expect(one.current()).toBe(two.current())
    expect(Counter.running).toBe(1)
    leaveTwo()
    await microtask()
    const three = share(owner, 'a', new Counter())
    expect(three.current()).toBe(two.current())
    leaveOne()
    await microtask()
    expect(Counter.running).toBe(0)
    expect(share(owner, 'a', new Counter()).current()).not.toBe(two.current())
  })

  it('share nothing with those of another name or owner', () => {
    const share = sharing<number, Counter>()
    const [owner, other] = [{}, {}]
    const all = [share(owner, 'a', new Counter()), share(owner, 'b', new Counter())]
    all.push(share(other, 'a', new Counter()))
    const leaves = all.map(({ subscribe }) => subscribe(ignore))
    expect(new Set(all.map(({ current }) => current())).size).toBe(3)
    for (const leave of leaves) leave()
  })

  it('hear nothing any more from the moment when they leave', () => {
    const share = sharing<number, Counter>()
    const shared = share({}, 'a', new Counter())
    let heard = 0
    const leave = shared.subscribe(() => heard++)
    shared.current().count()
    leave()
    shared.current().count()
    expect([heard, shared.getSnapshot(), shared.getServerSnapshot()]).toEqual([1, 2, 0])
  })

  it('may come, leave twice and come back in any order: one observer runs exactly while anybody listens', async () => {
    const step = fc.record({
      type: fc.constantFrom('join' as const, 'leave' as const, 'settle' as const, 'count' as const),
      who: fc.nat({ max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        Counter.running = 0
        const share = sharing<number, Counter>()
        const owner = {}
        const consumers = Array.from({ length: 5 }, (_, number) => {
          // Some look at the same thing through the same eyes: that of a hidden tree that comes back.
          const shared: Shared<number, Counter> = share(owner, 'a', new Counter())
          return { number, shared, heard: 0, leave: ignore, joined: false }
        })
        const leave = (consumer: (typeof consumers)[number]): void => {
          consumer.leave()
          consumer.joined = false
        }
        for (const { type, who } of steps) {
          const consumer = consumers[who]
          if (consumer === undefined) throw new Error('no such consumer')
          if (type === 'leave') leave(consumer)
          if (type === 'settle') await microtask()
          if (type === 'join' && !consumer.joined) {
            consumer.joined = true
            consumer.leave = consumer.shared.subscribe(() => consumer.heard++)
          }
          const joined = consumers.filter((other) => other.joined)
          if (type === 'count') {
            const before = consumers.map(({ heard }) => heard)
            joined[0]?.shared.current().count()
            expect(consumers.map(({ heard }) => heard)).toEqual(
              consumers.map((other, index) => (before[index] ?? 0) + (other.joined ? 1 : 0)),
            )
          }
          expect(new Set(joined.map(({ shared }) => shared.current())).size).toBeLessThanOrEqual(1)
          expect(Counter.running).toBeLessThanOrEqual(1)
          if (joined.length > 0) expect(Counter.running).toBe(1)
          if (joined.length === 0 && type === 'settle') expect(Counter.running).toBe(0)
        }
        for (const consumer of consumers) leave(consumer)
        await microtask()
        expect(Counter.running).toBe(0)
      }),
    )
  })
})
