import { expect, it } from 'vitest'
import { readCarry, writeCarry } from '../../src/log/carry.ts'
import { OpenBlocks } from '../../src/log/open-blocks.ts'

function openOf(streams: number, tools: number): OpenBlocks {
  const open = new OpenBlocks([])
  for (let i = 0; i < tools; i++) open.apply('tool_start', { id: `call_${i}` })
  for (let i = 0; i < streams; i++) open.apply('text_start', { id: `text_${i}` })
  open.apply('input_request', { id: 'question', prompt: 'Go on?', schema: { type: 'boolean' } })
  return open
}

it('comes back as it was written', () => {
  const open = openOf(1, 2)
  const checkpoint = { keepBefore: 3, value: '{"page":1}' }
  expect(readCarry(writeCarry(open, checkpoint))).toEqual({ open: open.list(), checkpoint, closedInputs: {} })
  expect(readCarry(writeCarry(new OpenBlocks([]), null))).toEqual(readCarry(null))
})

it.each([
  ['of calls', 0, 5_000],
  ['of streams', 5_000, 0],
  ['of both', 5_000, 5_000],
])('stays within its bound however many are open %s, and always has the question', (_, streams, tools) => {
  for (const checkpoint of [null, { keepBefore: 1, value: JSON.stringify('"'.repeat(8_000)) }]) {
    const json = writeCarry(openOf(streams, tools), checkpoint)
    expect(json.length).toBeLessThanOrEqual(60_100)
    const carry = readCarry(json)
    expect(carry.checkpoint).toEqual(checkpoint)
    expect(carry.open.some(({ kind }) => kind === 'input')).toBe(true)
    expect(carry.open.length).toBeGreaterThan(300)
  }
})
