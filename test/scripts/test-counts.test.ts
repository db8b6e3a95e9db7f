import { describe, expect, it } from 'vitest'
import { countTests } from '../../scripts/lib/test-counts.mjs'

const test = (status: string, fullName = 'a test') => ({ title: fullName, fullName, status })

describe('the counts in the last line of the tests', () => {
  it('add up over the files', () => {
    const testResults = [
      { name: 'a', status: 'passed', assertionResults: [test('passed'), test('skipped', 'left out')] },
      {
        name: 'b',
        status: 'failed',
        assertionResults: [test('passed'), test('failed'), test('todo', 'later')],
      },
    ]
    expect(countTests({ testResults })).toEqual({ passed: 2, failed: 1, skipped: ['left out', 'later'] })
  })

  it('count a file that broke before its tests as a failure', () => {
    const testResults = [{ name: 'a', status: 'failed', message: 'cannot load', assertionResults: [] }]
    expect(countTests({ testResults })).toEqual({ passed: 0, failed: 1, skipped: [] })
  })
})
