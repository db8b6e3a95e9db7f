import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedPackages } from '../scripts/lib/packages.mjs'
import { root } from '../scripts/lib/run.mjs'
import { findImports } from './boundaries/judge-import.ts'

/**
 * What each published entry exports at runtime. A name that is added here is kept for as long as the major version, so
 * adding one is a decision; types have their tests in the packages' `*.test-d.ts`.
 */
const publicNames: Readonly<Record<string, readonly string[]>> = {
  '@outlast/core': [
    'TaskError',
    'TaskManager',
    'defaults',
    'defineChatTask',
    'defineTask',
    'memoryStore',
    'runCommand',
  ],
  '@outlast/core/protocol': [
    'allTasks',
    'checkEventData',
    'defaultBasePath',
    'isBuiltinEventType',
    'isEventType',
    'isFinalStatus',
    'routes',
    'socketCloseCodes',
    'socketPath',
    'tokenProtocol',
  ],
  '@outlast/core/blocks': ['BlockFolder', 'blockFold', 'initialBlocks', 'reduceEvents', 'stackBlocks'],
  '@outlast/core/schemas': [
    'activeCancelRequestSchema',
    'cancelRequestSchema',
    'chatInputSchema',
    'chatLimits',
    'firstIssue',
    'inputAnswerRequestSchema',
    'inputIssues',
    'requestSchemas',
    'responseSchemas',
    'toJsonSchema',
  ],
  '@outlast/core/http': [
    'createPushHub',
    'createTaskHandler',
    'errorResponse',
    'fromFetchRequest',
    'isBelow',
    'socketBounds',
    'sseComment',
    'targetOf',
    'toFetchResponse',
    'toTaskInfo',
    'wholeBody',
  ],
  '@outlast/core/ai-sdk': ['forwardAiSdkStream', 'wrapTools'],
  '@outlast/core/sqlite': ['sqliteStore'],
  '@outlast/core/otel': ['instrumentTaskManager'],
  '@outlast/core/testing': [
    'dropHints',
    'faultyStore',
    'killAt',
    'listedFaults',
    'randomFaults',
    'replayTask',
    'runTaskNotifierConformance',
    'runTaskStoreConformance',
    'seededRandom',
  ],
  '@outlast/http-adapter/node': ['attachTasks', 'createNodeListener'],
  '@outlast/http-adapter/express': ['createTaskRouter'],
  '@outlast/http-adapter/fastify': ['taskPlugin'],
  '@outlast/http-adapter/hono': ['createTaskApp'],
  '@outlast/http-adapter/websocket': ['attachTaskWebSocket'],
  '@outlast/client': [
    'TaskClient',
    'TaskClientError',
    'TaskObserver',
    'observeTaskList',
    'restoreTaskState',
    'startOrAttach',
    'typedIntent',
  ],
  '@outlast/client/tabs': ['tabs'],
  '@outlast/client/transports': ['auto', 'polling', 'sse', 'websocket'],
  '@outlast/client/blocks': ['BlockFolder', 'blockFold', 'initialBlocks', 'reduceEvents', 'stackBlocks'],
  '@outlast/client/react': ['TaskClientProvider', 'useTask', 'useTaskClient', 'useTaskList'],
  '@outlast/client/vue': ['useTask'],
  '@outlast/client/pinia': ['defineTaskPinia'],
  '@outlast/client/svelte': ['taskReadable'],
  '@outlast/client/ai-sdk': ['OutlastChatTransport', 'chatBody', 'currentParts'],
}

const packages = publishedPackages()
const entries = packages.flatMap(({ directory, subpaths }) =>
  subpaths.map(({ name }) => ({ name, directory })),
)

/** Names of the modules that the type tests of a package import. */
function typeTested(directory: string): ReadonlySet<string> {
  const files = readdirSync(join(root, directory, 'test'), { recursive: true, encoding: 'utf8' })
  const typeTests = files.filter((file) => file.endsWith('.test-d.ts'))
  return new Set(
    typeTests.flatMap((file) => findImports(file, readFileSync(join(root, directory, 'test', file), 'utf8'))),
  )
}

describe('the public names', () => {
  it('are listed for every published entry, and for no other', () => {
    expect(Object.keys(publicNames).sort()).toEqual(entries.map(({ name }) => name).sort())
  })

  it.each(entries)('of $name are those of the list', async ({ name }) => {
    const loaded: Record<string, unknown> = await import(name)
    expect(Object.keys(loaded).sort()).toEqual(publicNames[name])
  })

  it.each(entries)('of $name have type tests', ({ name, directory }) => {
    expect(typeTested(directory)).toContain(name)
  })
})
