import { expect, it } from 'vitest'
import { identifierIn, keywordsOf, quotedIn } from '../../server/offline-agent/keywords.ts'

it('keeps the words that say what about, cut to what their relatives share', () => {
  const stems = keywordsOf('How are the leases renewed when a runner is stopping?', 5).map(({ stem }) => stem)
  expect(stems).toEqual(['leas', 'renew', 'run', 'stop'])
})

it('takes a word and its plural for one', () => {
  expect(keywordsOf('task tasks Task', 5).map(({ word }) => word)).toEqual(['task'])
})

it('recognises words that look like code', () => {
  expect(identifierIn('where is emitEvent used')).toBe('emitEvent')
  expect(identifierIn('where is stop() called')).toBe('stop')
  expect(identifierIn('where is the kettle')).toBeNull()
})

it('takes what is quoted', () => {
  expect(quotedIn('find `a b` or "c"')).toBe('a b')
  expect(quotedIn("find 'a b'")).toBe('a b')
  expect(quotedIn("where's the kettle and what's it for")).toBeNull()
})
