import type { RequestListener, Server } from 'node:http'
import type { TaskClient, TaskClientError, TaskInfo, TaskObserver, TaskSnapshot } from '@outlast/client'
import type { Block, BlocksState } from '@outlast/client/blocks'
import type { AnyTaskDefinition, TaskContext, TaskManager, TaskNotifier, TaskStore } from '@outlast/core'
import type { AiSdkFile } from '@outlast/core/ai-sdk'
import type { Authenticate, Identity, RateLimiter, RequestHeaders } from '@outlast/core/http'
import type { TaskTelemetry } from '@outlast/core/otel'
import type { TaskEvent } from '@outlast/core/protocol'
import type { MakeStore, runTaskStoreConformance } from '@outlast/core/testing'
import type { createTaskRouter } from '@outlast/http-adapter/express'
import type { LanguageModel, ModelMessage, ToolSet, UIMessage } from 'ai'

type Database = { close(): Promise<void> }
type Abortable = { signal?: AbortSignal | undefined }
type App = { use(path: string, handlers: ReturnType<typeof createTaskRouter>): unknown }
type FetchPage = (page: number, options: Abortable) => Promise<string>
type Socket = { once(event: 'close', listener: () => void): unknown }
type Tool = TaskContext['tool']
type Emit = TaskContext['emit']

/** What the snippets of each document take as given. A snippet that declares such a name itself uses its own. */
export interface Placeholders {
  'README.md': {
    app: App
    fetchPage: FetchPage
    manager: TaskManager
    render: (blocks: readonly Block[]) => void
    showProblem: (error: unknown) => void
    startButton: HTMLButtonElement
    stopButton: HTMLButtonElement
    userOf: (headers: RequestHeaders) => Identity | null
  }
  'docs/concepts/logs-and-cursors.md': {
    report: AnyTaskDefinition
  }
  'docs/concepts/stopping.md': {
    call: { id: string; args: object }
    cwd: string
    manager: TaskManager
    searchIndex: (query: object, options: Abortable) => Promise<string[]>
    show: (hits: readonly string[]) => void
    signal: AbortSignal
    sockets: { on(event: 'connection', listener: (socket: Socket, userId: string) => void): unknown }
    tool: Tool
  }
  'docs/guides/durable-streams.md': {
    events: TaskEvent[]
    freshToken: () => Promise<string>
    storage: Storage
    taskId: string
  }
  'docs/guides/transports.md': {
    authenticate: Authenticate
    freshToken: () => Promise<string>
    manager: TaskManager
    render: (state: BlocksState) => void
    show: (message: object) => void
    taskId: string
  }
  'docs/guides/tasks.md': {
    answer: (message: string, media: readonly unknown[], options: Abortable) => AsyncIterable<string>
    checkpoint: TaskContext['checkpoint']
    emit: Emit
    fetchPage: FetchPage
    flush: TaskContext['flush']
    logger: Record<'info' | 'error', (fields: object) => void>
    manager: TaskManager
    order: { id: string }
    input: unknown
    print: (value: unknown) => void
    progress: TaskContext['progress']
    query: string
    readRows: (file: string) => Promise<number[]>
    report: AnyTaskDefinition
    resizeAlbum: (album: string, options: Abortable) => Promise<number>
    rows: AsyncIterable<string>
    searchIndex: (query: string, options: Abortable) => Promise<string[]>
    signal: AbortSignal
    taskId: string
    tool: Tool
    translateText: (text: string, language: string, options: Abortable) => Promise<string>
    userId: string
    waitForInput: TaskContext['waitForInput']
    z: typeof import('zod')
  }
  'docs/guides/recovery.md': {
    checkpoint: TaskContext['checkpoint']
    done: number
    fetchTitle: (url: string, signal: AbortSignal) => Promise<string>
    input: { urls: readonly string[] }
    manager: TaskManager
    signal: AbortSignal
    tool: Tool
  }
  'docs/guides/server.md': {
    app: App
    authenticate: Authenticate
    manager: TaskManager
    readSession: (cookie: string | null) => Promise<{ userId: string; team: string; locale: string } | null>
    verifyToken: (token: string) => Promise<{ id: string } | null>
  }
  'docs/guides/mounting/express.md': {
    app: App & RequestListener & { listen(port: number): Server }
    authenticate: Authenticate
    manager: TaskManager
  }
  'docs/guides/mounting/fastify.md': {
    authenticate: Authenticate
    manager: TaskManager
  }
  'docs/guides/mounting/hono.md': {
    authenticate: Authenticate
    manager: TaskManager
  }
  'docs/guides/mounting/node.md': {
    authenticate: Authenticate
    manager: TaskManager
  }
  'docs/guides/mounting/next.md': {
    authenticate: Authenticate
    manager: TaskManager
    nextHandler: RequestListener
  }
  'docs/guides/security.md': {
    addressOf: (raw: unknown) => string
    authenticate: Authenticate
    limiter: RateLimiter
    manager: TaskManager
    operators: ReadonlySet<string>
  }
  'docs/guides/client.md': {
    client: TaskClient
    draft: HTMLTextAreaElement
    freshToken: () => Promise<string>
    messages: readonly { id: string }[]
    observer: TaskObserver
    redraw: () => void
    render: (snapshot: ReturnType<TaskObserver['getSnapshot']>) => void
    showEmptyPage: (reason: string) => void
    showIssues: (issues: TaskClientError['issues']) => void
    showList: (tasks: readonly object[]) => void
    showMessages: (messages: readonly { id: string }[]) => void
    showProblem: (problem: string) => void
    stopButton: HTMLButtonElement
    taskId: TaskInfo['task_id']
  }
  'docs/guides/svelte.md': {
    client: TaskClient
    render: (blocks: readonly Block[], outcome: TaskSnapshot['outcome']) => void
    showProblem: (problem: string) => void
    stopButton: HTMLButtonElement
    taskId: string
  }
  'docs/guides/script-tag.md': {
    app: { use(path: string, handler: unknown): unknown }
  }
  'docs/guides/observability.md': {
    crawlSite: (url: string, options: Abortable) => Promise<number>
    logger: Record<'info' | 'error', (fields: object) => void>
    manager: TaskManager
    telemetry: TaskTelemetry
  }
  'docs/guides/ai-sdk.md': {
    context: TaskContext
    fetchWeather: (city: string, options: Abortable) => Promise<{ degrees: number }>
    fullStream: AsyncIterable<{ type: string }>
    model: LanguageModel
    otherModel: LanguageModel
    prompt: string
    storeFile: (bytes: AiSdkFile['uint8Array'], mediaType: string, options: Abortable) => Promise<string>
  }
  'docs/guides/use-chat.md': {
    client: TaskClient
    conversationId: string
    history: UIMessage[]
    loadConversation: (id: string | null, message: string) => Promise<ModelMessage[]>
    model: LanguageModel
    showError: (error: unknown) => void
    showProblem: (problem: string | null) => void
    showProgress: (share: number) => void
    tools: ToolSet
  }
  'docs/guides/stores.md': {
    expect: (value: unknown) => { toMatchObject(expected: unknown): void }
    makeStore: MakeStore
    manager: TaskManager
    myNotifier: (url: string) => TaskNotifier
    myStore: (database: Database, options: { now: () => number }) => TaskStore
    openEmptyDatabase: () => Promise<Database>
    report: AnyTaskDefinition
    roundTrip: (url: string) => Promise<void>
    runTaskStoreConformance: typeof runTaskStoreConformance
    taskId: string
    url: string
  }
  'packages/core/README.md': {
    fetchPage: FetchPage
  }
  'packages/client/README.md': {
    render: (blocks: readonly Block[]) => void
    showProblem: (error: unknown) => void
    startButton: HTMLButtonElement
    stopButton: HTMLButtonElement
  }
  'packages/http-adapter/README.md': {
    app: App
    manager: TaskManager
    userOf: (headers: RequestHeaders) => Identity | null
  }
}
