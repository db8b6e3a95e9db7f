import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toolMoments } from '../../src/otel/tool-moments.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

it('finds the tool calls of a log, and nothing else in it', () => {
  fc.assert(
    fc.property(arbitraryLog, (events) => {
      const moments = toolMoments(events.map((event) => JSON.stringify(event)))
      const expected = events.flatMap(({ type, data, ts }): object[] => {
        const { id, name, status } = data as Record<string, string>
        if (type === 'tool_start') return [{ id, at: ts * 1_000, kind: 'start', name }]
        const isEnd = type === 'update_action' && /^(completed|failed|canceled)$/.test(status ?? '')
        return isEnd ? [{ id, at: ts * 1_000, kind: 'end', status }] : []
      })
      expect(moments).toEqual(expected)
    }),
  )
})
