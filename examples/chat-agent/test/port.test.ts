import { expect, it } from 'vitest'
import { portOf } from '../server/port.ts'

it('takes a port number, or none', () => {
  expect(portOf({ PORT: '8080' })).toBe(8080)
  expect(portOf({ PORT: '0' })).toBe(0)
  expect(portOf({})).toBeNull()
})

it.each(['abc', '-1', '70000', '80.5', '0x50'])('refuses PORT=%s', (PORT) => {
  expect(() => portOf({ PORT })).toThrow(`PORT is "${PORT}"`)
})
