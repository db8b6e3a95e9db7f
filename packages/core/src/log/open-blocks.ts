import type { InputOutcome, ToolStatus } from '../protocol/index.ts'
import type { Json } from '../store/index.ts'
import { withClosed } from './closed-inputs.ts'
import { OpenTools } from './open-tools.ts'

/** An event before it has a number. */
export interface NewEvent {
  type: string
  data: Readonly<Record<string, unknown>>
}

interface OpenStream {
  kind: 'thinking' | 'text'
  id: string | null
}

interface OpenInput {
  kind: 'input'
  id: string
  schema: unknown
}

/** A block that is open, as it is written down for whoever takes the task over. */
export type OpenBlock = OpenStream | OpenInput | { kind: 'tool'; id: string }

/** How a task ends, as far as its open blocks are concerned. */
export interface BlockEnding {
  toolStatus: Extract<ToolStatus, 'failed' | 'canceled'>
  /** What an unfinished tool leaves as its result, for the model's transcript and for the screen. */
  toolResult: string
}

const keyOf = ({ kind, id }: OpenBlock): string => (id === null ? kind : `${kind}:${id}`)

/** An open question as it is carried. */
export function questionJson(id: string, schema: unknown): Json {
  return JSON.stringify({ kind: 'input', id, schema } satisfies OpenInput)
}

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
  /** Streams and questions, in order of opening. There are few at a time. */
  #others: Map<string, OpenStream | OpenInput> = new Map()
  #tools: OpenTools = new OpenTools()
  // A call that has its result stays closed, whatever straggles in. Never undone: no refused append settles a tool.
  #settled: Set<string> = new Set()
  #closedInputs: Readonly<Record<string, InputOutcome>>
  #changed = false
  /** The stream that the latest chunk went to, if it is still open: most chunks go where the one before went. */
  #latest: OpenStream | null = null
  /** What leads back to where a trial began; `null` outside of one. */
  #trial: { others: Map<string, OpenStream | OpenInput>; undo: (() => void)[] } | null = null

  constructor(open: readonly OpenBlock[], closedInputs: Readonly<Record<string, InputOutcome>> = {}) {
    this.#closedInputs = closedInputs
    for (const block of open) {
      if (block.kind === 'tool') this.#tools.add(block.id)
      else this.#others.set(keyOf(block), block)
    }
    this.#tools.takeChanged()
  }

  /** What is applied from now on can be taken back, until it is kept. */
  beginTrial(): void {
    this.#trial = { others: this.#others, undo: [] }
  }

  /** What was applied since the trial began stays. */
  keepTrial(): void {
    this.#trial = null
  }

  /** Goes back to where the trial began. */
  undoTrial(): void {
    const trial = this.#trial
    if (trial === null) return
    this.#trial = null
    this.#latest = null
    this.#others = trial.others
    for (const step of trial.undo.toReversed()) step()
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
        for (const [key, block] of this.#others) if (isStream(block)) this.#delete(key)
        break
      case 'input_request':
        this.#set({ kind: 'input', id: String(data.id), schema: data.schema })
        break
      case 'input_response':
        this.#delete(`input:${data.id}`)
        this.#closeInput(String(data.id), data.outcome as InputOutcome)
        break
      case 'attempt_reset':
        this.#clear()
    }
  }

  hasTool(id: string): boolean {
    return this.#tools.has(id)
  }

  /** Whether {@link carriedJson} or `closedInputs` have changed since this was last asked. */
  takeChanged(): boolean {
    const changed = this.#tools.takeChanged() || this.#changed
    this.#changed = false
    return changed
  }

  /** How the questions ended that are no longer open. */
  get closedInputs(): Readonly<Record<string, InputOutcome>> {
    return this.#closedInputs
  }

  list(): readonly OpenBlock[] {
    return [...this.#others.values(), ...this.#tools.ids().map((id) => ({ kind: 'tool' as const, id }))]
  }

  /**
   * JSON texts of what is open: each of the streams, then of the questions, in order of opening; and the calls that are
   * carried, joined by commas.
   */
  carriedJson(): { others: readonly Json[]; tools: string } {
    const streams: Json[] = []
    const questions: Json[] = []
    for (const block of this.#others.values()) {
      if (isStream(block)) streams.push(JSON.stringify(block))
      else questions.push(questionJson(block.id, block.schema))
    }
    return { others: [...streams, ...questions], tools: this.#tools.carried() }
  }

  /** The events that close text and thinking, newest first. */
  closingStreams(): NewEvent[] {
    return [...this.#others.values()].toReversed().filter(isStream).map(endOf)
  }

  /**
   * The events that close everything that is open, the newest of each kind first: an end without an id means the newest
   * block of its kind that is still open.
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

  #begin(kind: OpenStream['kind'], id: unknown): void {
    const hasId = typeof id === 'string'
    if (this.#latest?.kind === kind && (!hasId || this.#latest.id === id)) return
    // A chunk without an id goes to the block that is open, whatever its id.
    const newest = hasId ? null : this.#newestOf(kind)
    this.#latest = newest ?? this.#set({ kind, id: hasId ? id : null })
  }

  #end(kind: OpenStream['kind'], id: unknown): void {
    const stream = typeof id === 'string' ? { kind, id } : this.#newestOf(kind)
    if (stream !== null) this.#delete(keyOf(stream))
  }

  #newestOf(kind: OpenStream['kind']): OpenStream | null {
    let newest: OpenStream | null = null
    for (const block of this.#others.values()) if (isStream(block) && block.kind === kind) newest = block
    return newest
  }

  #beginTool(id: string): void {
    if (this.#settled.has(id) || !this.#tools.add(id)) return
    this.#trial?.undo.push(() => this.#tools.delete(id))
  }

  #settleTool(id: string): void {
    this.#settled.add(id)
    if (this.#tools.delete(id)) this.#trial?.undo.push(() => this.#tools.add(id))
  }

  /** The others, for writing: in a trial its own copy. */
  #ownOthers(): Map<string, OpenStream | OpenInput> {
    if (this.#others === this.#trial?.others) this.#others = new Map(this.#others)
    this.#changed = true
    return this.#others
  }

  #set<Other extends OpenStream | OpenInput>(block: Other): Other {
    const key = keyOf(block)
    if (!this.#others.has(key)) this.#ownOthers().set(key, block)
    return block
  }

  #delete(key: string): void {
    if (this.#others.has(key)) this.#ownOthers().delete(key)
    this.#latest = null
  }

  #closeInput(id: string, outcome: InputOutcome): void {
    const before = this.#closedInputs
    this.#closedInputs = withClosed(before, id, outcome)
    this.#changed = true
    this.#trial?.undo.push(() => {
      this.#closedInputs = before
    })
  }

  #clear(): void {
    const tools = this.#tools
    this.#trial?.undo.push(() => {
      this.#tools = tools
    })
    this.#others = new Map()
    this.#tools = new OpenTools()
    // The calls of the next attempt may have the ids of the last one's.
    this.#settled = new Set()
    this.#latest = null
    this.#changed = true
  }
}
