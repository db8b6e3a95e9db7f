import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedPackages } from '../scripts/lib/packages.mjs'
import { root } from '../scripts/lib/run.mjs'
import { findImports, judgeImport } from './boundaries/judge-import.ts'
import { roomOf, rooms } from './boundaries/rooms.ts'

const packages = publishedPackages()
const generated = /(?:^|\/)(?:node_modules|dist|\.[^/]+)\//
const code = /\.(?:[cm]?[jt]sx?|vue)$/

/** Every source file of the checkout, from the root. */
const files = ['packages', 'examples', 'bench', 'test', 'scripts'].flatMap((folder) => {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path}`)
      .filter((path) => code.test(path) && !generated.test(path))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
})

function violationsIn(path: string, text: string): string[] {
  return findImports(path, text)
    .map((specifier) => judgeImport(path, specifier, packages))
    .filter((reason) => reason !== null)
}

describe('import rules', () => {
  it('hold for every source file', () => {
    expect(files.flatMap((path) => violationsIn(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
  })

  it('cover every file of the packages', () => {
    const sources = files.filter((path) => /^packages\/[^/]+\/src\//.test(path))
    expect(sources.length).toBeGreaterThan(10)
    expect(sources.filter((path) => roomOf(path) === null)).toEqual([])
  })

  it('name only rooms that exist', () => {
    const empty = rooms.filter((room) => !files.some((path) => roomOf(path) === room))
    expect(empty.map(({ name }) => name)).toEqual([])
  })

  it.each([
    ['packages/core/src/protocol/task.ts', `import { z } from 'zod'`, 'protocol may not import zod'],
    [
      'packages/core/src/protocol/task.ts',
      `import { readFileSync } from 'node:fs'`,
      'protocol may not import node:',
    ],
    [
      'packages/core/src/protocol/task.ts',
      `export type { TaskError } from '../errors.ts'`,
      'protocol may not import errors',
    ],
    ['packages/core/src/blocks/fold.ts', `const { z } = await import('zod')`, 'blocks may not import zod'],
    [
      'packages/core/src/blocks/fold.ts',
      `import type { Append } from '../store/index.ts'`,
      'blocks may not import store',
    ],
    [
      'packages/core/src/blocks/fold.ts',
      `import { routes } from '../protocol/routes.ts'`,
      'protocol is entered by its index.ts',
    ],
    [
      'packages/core/src/stores/memory/x.ts',
      `import { TaskManager } from '../../task-manager.ts'`,
      'stores may not import manager',
    ],
    [
      'packages/core/src/http/x.ts',
      `type Writer = import('../log/index.ts').EventWriter`,
      'http may not import log',
    ],
    [
      'packages/core/src/http/x.ts',
      `import { memoryStore } from '../stores/memory/index.ts'`,
      'http may not import stores',
    ],
    ['packages/core/src/log/x.ts', `export * from '../http/index.ts'`, 'log may not import http'],
    [
      'packages/core/src/log/x.ts',
      `import { makeClock } from '../../test/clock.ts'`,
      'sources import only sources',
    ],
    ['packages/core/src/stores/memory/x.ts', `import { it } from 'vitest'`, 'stores may not import vitest'],
    [
      'packages/core/src/index.ts',
      `export { replayTask } from './testing/index.ts'`,
      'manager may not import testing',
    ],
    ['packages/core/src/log/x.ts', `import { TaskError } from '@outlast/core'`, 'its own package'],
    [
      'packages/client/src/x.ts',
      `import { TaskError } from '@outlast/core'`,
      'client may not import manager',
    ],
    ['packages/client/src/x.ts', `import { once } from 'node:events'`, 'client may not import node:'],
    ['packages/client/src/x.ts', `import { nanoid } from 'nanoid'`, 'client may not import nanoid'],
    [
      'packages/client/src/x.ts',
      `import { blockFold } from '../../core/src/blocks/index.ts'`,
      'published name',
    ],
    [
      'packages/http-adapter/src/x.ts',
      `import type { Router } from 'express'`,
      'http-adapter may not import express',
    ],
    [
      'packages/http-adapter/src/x.ts',
      `import { TaskClient } from '@outlast/client'`,
      'http-adapter may not import client',
    ],
    [
      'examples/chat-agent/server/x.ts',
      `import { EventWriter } from '@outlast/core/event-writer'`,
      'no published entry',
    ],
    ['examples/chat-agent/server/x.ts', `import '../../../packages/core/src/index.ts'`, 'published name'],
    [
      'examples/chat-agent/web/X.vue',
      `<script setup lang="ts">\nimport '@outlast/core/src/index.ts'\n</script>`,
      'no published entry',
    ],
    ['bench/workloads/x.mjs', `import '../../packages/core/src/index.ts'`, 'published name'],
    ['bench/workloads/x.mjs', `import { memoryStore } from '@outlast/core/memory'`, 'no published entry'],
    ['test/x.test.ts', `import { EventWriter } from '../packages/core/src/log/index.ts'`, 'published name'],
  ])('refuse %s: %s', (path, text, reason) => {
    expect(violationsIn(path, text)).toEqual([expect.stringContaining(reason)])
  })

  it.each([
    ['packages/core/src/stores/memory/x.ts', `import type { TaskStore } from '../../store/index.ts'`],
    ['packages/core/src/http/x.ts', `import { TaskManager } from '../task-manager.ts'`],
    ['packages/client/src/x.ts', `import type { TaskInfo } from '@outlast/core/protocol'`],
    ['packages/core/test/x.test.ts', `import { EventWriter } from '../src/event-writer.ts'`],
    ['examples/chat-agent/server/x.ts', `import { TaskManager } from '@outlast/core'`],
    ['bench/workloads/x.mjs', `import { usedBytes } from '../lib/memory.mjs'`],
  ])('allow %s: %s', (path, text) => {
    expect(violationsIn(path, text)).toEqual([])
  })
})
