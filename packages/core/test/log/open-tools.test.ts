import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OpenTools } from '../../src/log/open-tools.ts'

const idsIn = (carried: string): string[] => JSON.parse(`[${carried}]`).map(({ id }: { id: string }) => id)

it('carries the oldest that are open, and says when others are', () => {
  const step = fc.record({ open: fc.boolean(), id: fc.nat(30) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const tools = new OpenTools()
      const open: string[] = []
      let carried = ''
      for (const { open: opens, id } of steps) {
        // Some 10 of these fit.
        const name = `${id}:`.padEnd(1_900, 'x')
        const at = open.indexOf(name)
        if (opens) {
          expect(tools.add(name)).toBe(at < 0)
          if (at < 0) open.push(name)
        } else {
          expect(tools.delete(name)).toBe(at >= 0)
          if (at >= 0) open.splice(at, 1)
        }
        expect([tools.has(name), tools.ids()]).toEqual([opens, open])
        const before = carried
        const changed = tools.takeChanged()
        carried = tools.carried()
        expect(idsIn(carried)).toEqual(open.slice(0, idsIn(carried).length))
        expect(idsIn(carried).length).toBe(Math.min(open.length, 10))
        expect(changed || carried === before).toBe(true)
        expect(tools.takeChanged()).toBe(false)
      }
    }),
  )
})

it('is not changed by a call for which there is no room', () => {
  const tools = new OpenTools()
  for (let i = 0; i < 30; i++) tools.add(`${i}:`.padEnd(1_000, 'x'))
  tools.takeChanged()
  tools.add('one more'.padEnd(1_000))
  expect(tools.takeChanged()).toBe(false)
  tools.delete('one more'.padEnd(1_000))
  expect(tools.takeChanged()).toBe(false)
})
