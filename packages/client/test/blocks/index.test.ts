import * as core from '@outlast/core/blocks'
import { expect, test } from 'vitest'
import * as door from '../../src/blocks/index.ts'

test('the door of the client leads to every name of the blocks of core', () => {
  expect({ ...door }).toEqual({ ...core })
})
