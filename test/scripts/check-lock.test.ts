import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockProblems } from '../../scripts/lib/check-lock.mjs'
import { root } from '../../scripts/lib/run.mjs'

const readLock = () => JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

describe('the check of the lock file', () => {
  it('finds nothing wrong with the one that is committed', () => {
    expect(lockProblems(readLock())).toEqual([])
  })

  it('finds the address of a registry', () => {
    const lock = readLock()
    lock.packages['node_modules/zod'].resolved = 'https://packages.invalid/zod.tgz'
    expect(lockProblems(lock)).toEqual([expect.stringMatching(/^node_modules\/zod names the registry/)])
  })

  it.each([
    ['node_modules/turbo', 'node_modules/@turbo/darwin-arm64'],
    ['node_modules/@biomejs/biome', 'node_modules/@biomejs/cli-win32-x64'],
    ['node_modules/tsup/node_modules/esbuild', 'node_modules/tsup/node_modules/@esbuild/darwin-arm64'],
  ])('finds that %s lacks %s', (tool, binary) => {
    const lock = readLock()
    expect(delete lock.packages[binary]).toBe(true)
    expect(lockProblems(lock)).toEqual([expect.stringContaining(`${tool} wants`)])
  })
})
