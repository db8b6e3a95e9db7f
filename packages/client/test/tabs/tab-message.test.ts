import { expect, test } from 'vitest'
import { isTabMessage, type TabMessage } from '../../src/tabs/tab-message.ts'
import { TabWorld } from './tab-world.ts'

const cursor = { from: 3, epoch: 'e1' }

test.each<TabMessage>([
  { type: 'beat', hidden: false },
  { type: 'page', page: new TabWorld().page('t1', 'ann', { from: 0, epoch: null }) },
  { type: 'want', taskId: 't1', cursor, wake: true },
  { type: 'want', taskId: 't1', cursor: { from: 0, epoch: null }, wake: false },
])('what tabs tell each other is a message: %o', (message) => {
  expect(isTabMessage(structuredClone(message))).toBe(true)
})

test.each([
  null,
  undefined,
  1,
  'beat',
  [],
  {},
  { type: 'hello' },
  { type: 'page' },
  { type: 'page', page: null },
  { type: 'want' },
  { type: 'want', taskId: 't1' },
  { type: 'want', taskId: 't1', cursor: null },
  { type: 'want', taskId: 't1', cursor: { from: '0' } },
  { type: 'want', taskId: 7, cursor },
])('anything else is none: %o', (data) => {
  expect(isTabMessage(data)).toBe(false)
})
