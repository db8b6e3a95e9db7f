import fc from 'fast-check'
import { expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { OpenBlocks } from '../../src/log/open-blocks.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const isOpen = (block: { type: string; open?: boolean; status?: string; outcome?: unknown }): boolean =>
  block.open === true ||
  block.status === 'preparing' ||
  block.status === 'running' ||
  (block.type === 'input' && block.outcome === null)

it('closes exactly what the reducer shows as open, wherever a log is cut, also through its carry', () => {
  fc.assert(
    fc.property(arbitraryLog, fc.nat(), (log, at) => {
      const prefix = log.slice(0, log.length === 0 ? 0 : at % log.length)
      if (prefix.some((event) => event.type === 'task_complete' || event.type === 'attempt_reset')) return
      const open = new OpenBlocks([])
      for (const event of prefix) open.apply(event.type, event.data as Record<string, unknown>)
      const adopted = new OpenBlocks(JSON.parse(JSON.stringify(open.list())))
      const closing = adopted.closingEvents({ toolStatus: 'canceled', toolResult: 'cancelled by user' })
      const before = reduceEvents(initialBlocks, prefix)
      const events: TaskEvent[] = closing.map((event, i) => ({ idx: before.next + i, ts: 0, ...event }))
      const after = reduceEvents(before, events)
      expect(after.blocks.filter(isOpen)).toEqual([])
      // Nothing is written for what was closed already.
      expect(closing).toHaveLength(before.blocks.filter(isOpen).length)
      expect(after.blocks).toHaveLength(before.blocks.length)
    }),
  )
})

it('has changed only when something opened or closed', () => {
  const open = new OpenBlocks([])
  open.apply('text_start', {})
  expect([open.takeChanged(), open.list()]).toEqual([true, [{ kind: 'text', id: null }]])
  open.apply('text_chunk', { content: 'x' })
  expect(open.takeChanged()).toBe(false)
  open.apply('text_end', {})
  expect([open.takeChanged(), open.list()]).toEqual([true, []])
})

it('is after a trial that was undone as it was before', () => {
  fc.assert(
    fc.property(arbitraryLog, fc.nat(), fc.nat(), (log, begin, end) => {
      const [first = 0, second = 0] = [begin, end].map((at) => at % (log.length + 1)).sort((a, b) => a - b)
      const apply = (open: OpenBlocks, events: readonly TaskEvent[]): void => {
        // A settled call stays settled, and an attempt forgets them: no append with either is ever refused and left out.
        for (const { type, data } of events) {
          const settles = ['completed', 'failed', 'canceled'].includes((data as { status: string }).status)
          if (type !== 'attempt_reset' && !settles) open.apply(type, data as Record<string, unknown>)
        }
      }
      const tried = new OpenBlocks([])
      apply(tried, log.slice(0, first))
      tried.beginTrial()
      apply(tried, log.slice(first, second))
      tried.undoTrial()
      const untried = new OpenBlocks([])
      apply(untried, log.slice(0, first))
      const seen = (open: OpenBlocks): unknown => [open.list(), open.closedInputs, open.carriedJson()]
      expect(seen(tried)).toEqual(seen(untried))
      for (const open of [tried, untried]) apply(open, log.slice(second))
      expect(seen(tried)).toEqual(seen(untried))
    }),
  )
})

it('takes back what a refused end had closed', () => {
  const open = new OpenBlocks([])
  for (const id of ['a', 'b']) open.apply('tool_start', { id })
  open.apply('text_chunk', { content: 'x' })
  open.beginTrial()
  for (const { type, data } of open.closingEvents({ toolStatus: 'failed', toolResult: '' }))
    open.apply(type, data)
  expect(open.list()).toEqual([])
  open.undoTrial()
  expect([open.hasTool('a'), open.hasTool('b')]).toEqual([true, true])
  expect(open.closingStreams()).toEqual([{ type: 'text_end', data: {} }])
})
