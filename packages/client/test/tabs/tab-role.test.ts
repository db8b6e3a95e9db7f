import { describe, expect, test } from 'vitest'
import { type TabEvent, type TabRole, tabDuties, tabRoles } from '../../src/tabs/tab-role.ts'

const events: readonly TabEvent[] = [
  'start',
  'stop',
  'read',
  'end',
  'fail',
  'grant',
  'lose',
  'miss',
  'doubt',
  'hear',
  'part',
]

// The table of the source's comment, as data, in the order of `events`; `–` where nothing happens.
const table: Record<TabRole, string> = {
  stopped: 'joining – – – – – – – – – –',
  joining: '– stopped following done stopped – – – – – alone',
  following: '– stopped – done stopped leading alone behind doubting – –',
  behind: '– stopped following done stopped leading alone – doubting – –',
  doubting: '– stopped claiming done stopped leading alone – – behind –',
  claiming: '– stopped – done stopped leading alone – – – –',
  leading: '– stopped – done stopped – following – – – –',
  alone: '– stopped – done stopped – – – – – –',
  done: '– – – – – – – – – – –',
}
const roles = Object.keys(table) as TabRole[]
const cells = roles.flatMap((role) =>
  table[role].split(' ').map((next, column) => [role, events[column] as TabEvent, next] as const),
)

test.each(cells)('%s on %s: %s', (role, event, next) => {
  expect(tabRoles[role][event] ?? '–').toBe(next)
})

describe('in every role', () => {
  test('a tab that is stopped or done needs nothing, and every other one can be stopped', () => {
    for (const role of roles) {
      const rests = role === 'stopped' || role === 'done'
      expect(Object.keys(tabDuties[role]).length === 0).toBe(rests)
      expect(tabRoles[role].stop).toBe(rests ? undefined : 'stopped')
    }
  })

  test('the lock is kept only where it was granted, and by who leads', () => {
    for (const role of roles) {
      expect(tabRoles[role].grant).toBe(/wait|steal/.test(`${tabDuties[role].lock}`) ? 'leading' : undefined)
      expect(tabDuties[role].lock === 'keep').toBe(role === 'leading')
    }
  })

  test('the lead is claimed only after a read of one’s own', () => {
    for (const [role, event, next] of cells)
      if (next === 'claiming') expect([role, event]).toEqual(['doubting', 'read'])
  })
})
