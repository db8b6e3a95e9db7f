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

it('has every question that fits into its room, whatever opens beside it', () => {
  const open = openOf(0, 5_000)
  const schema = { enum: ['x'.repeat(1_900)] }
  const ids = Array.from({ length: 8 }, (_, i) => `q${i}`)
  for (const id of ids) open.apply('input_request', { id, prompt: '?', schema })
  for (let i = 0; i < 5_000; i++) open.apply('text_start', { id: `later_${i}` })
  for (let i = 0; i < 1_000; i++) open.apply('input_response', { id: `${i}`.repeat(50), outcome: 'expired' })
  const json = writeCarry(open, { keepBefore: 1, value: JSON.stringify('"'.repeat(8_000)) })
  expect(json.length).toBeLessThanOrEqual(60_100)
  const carried = readCarry(json).open.flatMap((block) => (block.kind === 'input' ? [block.id] : []))
  expect(carried).toEqual(['question', ...ids])
})

it.each([
  ['200', (i: number) => `question ${i}`, 200],
  ['fewer, where their ids are long', (i: number) => `${'i'.repeat(1_000)} ${i}`, 7],
])('remembers how the latest questions ended: %s', (_, idOf, count) => {
  const open = new OpenBlocks([])
  for (let i = 0; i < 300; i++) open.apply('input_response', { id: idOf(i), outcome: 'answered' })
  open.apply('input_response', { id: idOf(299), outcome: 'expired' })
  const ids = Object.keys(open.closedInputs)
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => idOf(300 - count + i)))
  expect(open.closedInputs[idOf(299)]).toBe('expired')
})
