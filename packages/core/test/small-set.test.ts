import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { SmallSet } from '../src/small-set.ts'

it('holds what a set would hold, however few and however many', () => {
  const objects = Array.from({ length: 4 }, (_, number) => ({ number }))
  const step = fc.record({ isAdd: fc.boolean(), object: fc.constantFrom(...objects) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const small = new SmallSet<object>()
      const model = new Set<object>()
      for (const { isAdd, object } of steps) {
        if (isAdd) {
          small.add(object)
          model.add(object)
        } else expect(small.delete(object)).toBe(model.delete(object))
        expect(small.size).toBe(model.size)
        expect([...small]).toEqual([...model])
        for (const each of objects) expect(small.has(each)).toBe(model.has(each))
      }
      small.clear()
      expect([small.size, ...small]).toEqual([0])
    }),
  )
})
