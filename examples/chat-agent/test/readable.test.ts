import { expect, it } from 'vitest'
import { readable } from '../web/src/readable.ts'

it('writes texts as they are and fields by name', () => {
  expect(readable('plain\ntext')).toBe('plain\ntext')
  expect(
    readable({ total: 2, files: { 'a.ts': 1 }, lines: ['x', 'y'], text: 'one\ntwo', none: [], gone: null }),
  ).toBe('total: 2\nfiles:\n  a.ts: 1\nlines:\n  - x\n  - y\ntext:\none\ntwo\nnone: (none)\ngone: null')
})
