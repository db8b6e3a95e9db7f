import { describe, expect, it } from 'vitest'
import { sharedEventsOf } from '../../src/http/shared-events.ts'
import type { ReadPage, TaskRecord } from '../../src/store/index.ts'
import { recordWith } from './records.ts'

/** A page of events that say who they are. */
function page(task: Partial<TaskRecord>, from: number, count: number): ReadPage {
  const record = recordWith(task)
  const events = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ idx: from + at, log: `${record.id} ${record.epoch} é` }),
  )
  return { task: record, snapshot: null, from, events }
}

function textOf(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? undefined)
}

describe('the events of a page as bytes', () => {
  it('are made once for the readers of the same page, whatever its task says meanwhile', () => {
    const sharedEvents = sharedEventsOf()
    const first = sharedEvents(page({}, 5, 20), ']')
    expect(sharedEvents(page({ revision: 8 }, 5, 20), ']')).toBe(first)
  })

  it('are those of the page that is asked for', () => {
    const sharedEvents = sharedEventsOf()
    const logs: Partial<TaskRecord>[] = [{}, { id: 't2' }, { epoch: 'e2' }]
    for (let round = 0; round < 2; round++) {
      for (const log of logs) {
        for (const [from, count] of [
          [0, 20],
          [0, 21],
          [1, 20],
          [0, 4_000],
          [0, 20_000],
        ] as const) {
          const asked = page(log, from, count)
          expect(textOf(sharedEvents(asked, ']'))).toBe(`${asked.events.join(',')}]`)
        }
      }
    }
  })

  it('are not made for a few', () => {
    expect(sharedEventsOf()(page({}, 0, 3), ']')).toBeNull()
  })
})
