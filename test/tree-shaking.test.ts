import { describe, expect, it } from 'vitest'
import { type Bundle, bundlers, filesPerSource } from './tree-shaking/bundlers.ts'

/** What a page may carry or not: which sources it is made of, and what of it outlives minifying where that is a word. */
const parts = {
  client: { at: /client\/src\/task-client\.ts/, word: '/api/tasks' },
  reducer: { at: /core\/src\/blocks\/tool-handlers\.ts/, word: 'tool_preparing' },
  polling: { at: /transports\/polling\/polling\.ts/, word: null },
  'event stream': { at: /push\/sse\.ts/, word: 'text/event-stream' },
  WebSocket: { at: /push\/(?:websocket|shared-socket)\.ts/, word: 'WebSocket' },
  'other push': { at: /push\/(?!sse|websocket|shared-socket)/, word: null },
  tabs: { at: /client\/src\/tabs\//, word: 'BroadcastChannel' },
  list: { at: /client\/src\/task-list-observer\.ts/, word: null },
  restore: { at: /client\/src\/restore-task-state\.ts/, word: 'nothing to restore' },
  intent: { at: /client\/src\/typed-intent\.ts/, word: null },
} as const

type Part = keyof typeof parts

const alone: Part[] = ['client', 'reducer', 'polling']

/** What pages import, and what they pay for. */
const pages: [imports: string, carries: Part[]][] = [
  [`{ TaskClient } from '@outlast/client'`, alone],
  [`{ restoreTaskState } from '@outlast/client'`, ['restore']],
  [`{ observeTaskList } from '@outlast/client'`, ['list']],
  [`{ typedIntent } from '@outlast/client'`, ['intent']],
  [`{ reduceEvents, initialBlocks } from '@outlast/client/blocks'`, ['reducer']],
  [`{ stackBlocks } from '@outlast/client/blocks'`, []],
  [`{ useTask, TaskClientProvider } from '@outlast/client/react'`, []],
  [`{ useTaskList } from '@outlast/client/react'`, ['list']],
  [`{ useTask } from '@outlast/client/vue'`, []],
  [`{ taskReadable } from '@outlast/client/svelte'`, []],
  [`{ defineTaskPinia } from '@outlast/client/pinia'`, ['restore']],
  [`{ OutlastChatTransport, currentParts } from '@outlast/client/ai-sdk'`, []],
]

/** The same of pages that import these besides `TaskClient`, without which they are of no use. */
const additions: [imports: string, carries: Part[]][] = [
  [`{ polling } from '@outlast/client/transports'`, []],
  [`{ sse } from '@outlast/client/transports'`, ['event stream', 'other push']],
  [`{ websocket } from '@outlast/client/transports'`, ['WebSocket', 'other push']],
  [`{ auto } from '@outlast/client/transports'`, ['event stream', 'WebSocket', 'other push']],
  [`{ tabs } from '@outlast/client/tabs'`, ['tabs']],
]

/** A page that uses what it imports. */
function pageOf(...imports: string[]): string {
  const names = imports.map((line) => /\{(.*)\}/.exec(line)?.[1])
  return `${imports.map((line) => `import ${line}`).join('\n')}\nglobalThis.used = [${names}]`
}

/** The parts of which something is in the bundle. */
function partsIn({ code, sources }: Bundle): Part[] {
  return (Object.keys(parts) as Part[]).filter((part) => {
    const { at, word } = parts[part]
    const isThere = sources.some((path) => at.test(path))
    // Either would do. Both together notice a file that was renamed, and a word that is no longer there.
    if (word !== null) expect([part, code.includes(word)]).toEqual([part, isThere])
    return isThere
  })
}

describe.each(Object.entries(bundlers))('a page bundled by %s', (_bundler, bundle) => {
  it.each(pages)('pays for what it imports alone: %s', async (imports, carries) => {
    expect(partsIn(await bundle(pageOf(imports)))).toEqual(carries)
  })

  it.each(additions)('pays for a client and for what it adds to that: %s', async (imports, carries) => {
    const client = `{ TaskClient } from '@outlast/client'`
    expect(partsIn(await bundle(pageOf(client, imports)))).toEqual([...alone, ...carries])
  })

  it.each([
    ['react', `{ useTask, useTaskList, TaskClientProvider } from '@outlast/client/react'`],
    ['vue', `{ useTask } from '@outlast/client/vue'`],
  ])('gets of a framework what the page has of it: %s', async (framework, imports) => {
    const { imports: left } = await bundle(pageOf(imports))
    expect(left).toEqual([framework])
  })

  it.each([
    `* as all from '@outlast/client'`,
    `* as all from '@outlast/client/svelte'`,
    // `ai` is there for its types.
    `* as all from '@outlast/client/ai-sdk'`,
    // And so nothing of Node.
    `* as all from '@outlast/core/protocol'`,
    `* as all from '@outlast/core/blocks'`,
  ])('needs nothing else: %s', async (imports) => {
    const { imports: left, sources } = await bundle(`import ${imports}\nglobalThis.used = all`)
    expect(left).toEqual([])
    expect(sources).not.toEqual([])
  })
})

describe('the build of the client', () => {
  it('has every source once, so that two entries do not bring it twice', async () => {
    const files = await filesPerSource('packages/client/')
    expect(files.get('packages/client/src/task-list-observer.ts')).toBe(1)
    expect([...files].filter(([, count]) => count > 1)).toEqual([])
  })
})
