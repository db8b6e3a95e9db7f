import type { InputOutcome, ToolStatus } from '../protocol/index.ts'

/** An event before it has a number. */
export interface NewEvent {
  type: string
  data: Readonly<Record<string, unknown>>
}

interface OpenStream {
  kind: 'thinking' | 'text'
  id: string | null
}

/** A block that is open, as it is written down for whoever takes the task over. */
export type OpenBlock =
  | OpenStream
  | { kind: 'tool'; id: string }
  | { kind: 'input'; id: string; schema: unknown }

/** How a task ends, as far as its open blocks are concerned. */
export interface BlockEnding {
  toolStatus: Extract<ToolStatus, 'failed' | 'canceled'>
  /** What an unfinished tool leaves as its result, for the model's transcript and for the screen. */
  toolResult: string
}

const keyOf = (block: OpenBlock): string => (block.id === null ? block.kind : `${block.kind}:${block.id}`)

const isStream = (block: OpenBlock): block is OpenStream => block.kind === 'text' || block.kind === 'thinking'

function endOf({ kind, id }: OpenStream): NewEvent {
  return { type: `${kind}_end`, data: id === null ? {} : { id } }
}

const settledStatuses: ReadonlySet<unknown> = new Set<ToolStatus>(['completed', 'failed', 'canceled'])

/**
 * Knows which blocks of a log are open, without knowing the reducer: what the manager needs to close them when the
 * task ends, also when another process has to do it.
 */
export class OpenBlocks {
  // In order of opening.
  readonly #open: Map<string, OpenBlock>
  // A call that has its result stays closed, whatever straggles in. Shared by clones: no refused append settles a tool.
  #settled: Set<string> = new Set()
  #closedInputs: Readonly<Record<string, InputOutcome>>
  #changed = false

  constructor(open: readonly OpenBlock[], closedInputs: Readonly<Record<string, InputOutcome>> = {}) {
    this.#closedInputs = closedInputs
    this.#open = new Map(open.map((block) => [keyOf(block), block]))
  }

  clone(): OpenBlocks {
    const copy = new OpenBlocks([], this.#closedInputs)
    for (const [key, block] of this.#open) copy.#open.set(key, block)
    copy.#changed = this.#changed
    copy.#settled = this.#settled
    return copy
  }

  /** Takes note of an event that goes into the log. */
  apply(type: string, data: Readonly<Record<string, unknown>>): void {
    switch (type) {
      case 'thinking_start':
      case 'thinking_chunk':
        this.#begin('thinking', data.id)
        break
      case 'text_start':
      case 'text_chunk':
        this.#begin('text', data.id)
        break
      case 'thinking_end':
        this.#end('thinking', data.id)
        break
      case 'text_end':
        this.#end('text', data.id)
        break
      case 'tool_intent':
      case 'tool_preparing':
      case 'tool_start':
        this.#beginTool(String(data.id))
        break
      case 'update_action':
        if (settledStatuses.has(data.status)) this.#settleTool(String(data.id))
        else this.#beginTool(String(data.id))
        break
      case 'ai_message_start':
        for (const [key, block] of this.#open) if (isStream(block)) this.#delete(key)
        break
      case 'input_request':
        this.#set({ kind: 'input', id: String(data.id), schema: data.schema })
        break
      case 'input_response':
        this.#delete(`input:${data.id}`)
        this.#closedInputs = { ...this.#closedInputs, [String(data.id)]: data.outcome as InputOutcome }
        break
      case 'attempt_reset':
        // The calls of the next attempt may have the ids of the last one's.
        this.#settled = new Set()
        for (const key of [...this.#open.keys()]) this.#delete(key)
    }
  }

  hasTool(id: string): boolean {
    return this.#open.has(`tool:${id}`)
  }

  /** Whether there are others than when this was last asked. */
  takeChanged(): boolean {
    const changed = this.#changed
    this.#changed = false
    return changed
  }

  /** How the questions ended that are no longer open. */
  get closedInputs(): Readonly<Record<string, InputOutcome>> {
    return this.#closedInputs
  }

  list(): readonly OpenBlock[] {
    return [...this.#open.values()]
  }

  /** The events that close text and thinking, newest first. */
  closingStreams(): NewEvent[] {
    return this.list().toReversed().filter(isStream).map(endOf)
  }

  /**
   * The events that close everything that is open, the newest first: an end without an id means the newest block of
   * its kind that is still open.
   */
  closingEvents({ toolStatus: status, toolResult: result }: BlockEnding): NewEvent[] {
    return this.list()
      .toReversed()
      .map((block) => {
        if (isStream(block)) return endOf(block)
        if (block.kind === 'input') {
          return { type: 'input_response', data: { id: block.id, outcome: 'canceled' } }
        }
        return { type: 'update_action', data: { id: block.id, status, result, message: result } }
      })
  }

  #begin(kind: 'thinking' | 'text', id: unknown): void {
    // A chunk without an id goes to the block that is open, whatever its id.
    if (typeof id !== 'string') {
      if (this.#lastOf(kind) === undefined) this.#set({ kind, id: null })
    } else this.#set({ kind, id })
  }

  #end(kind: 'thinking' | 'text', id: unknown): void {
    const key = typeof id === 'string' ? `${kind}:${id}` : this.#lastOf(kind)
    if (key !== undefined) this.#delete(key)
  }

  #beginTool(id: string): void {
    if (!this.#settled.has(id)) this.#set({ kind: 'tool', id })
  }

  #settleTool(id: string): void {
    this.#delete(`tool:${id}`)
    this.#settled.add(id)
  }

  #lastOf(kind: OpenBlock['kind']): string | undefined {
    let last: string | undefined
    for (const [key, block] of this.#open) if (block.kind === kind) last = key
    return last
  }

  #set(block: OpenBlock): void {
    const key = keyOf(block)
    if (this.#open.has(key)) return
    this.#open.set(key, block)
    this.#changed = true
  }

  #delete(key: string): void {
    if (this.#open.delete(key)) this.#changed = true
  }
}
