import type { Json } from '../store/index.ts'

/** Characters of open calls in a carry: some 400 at once, and little enough to be written with each call. */
const maxCarriedLength = 20_000

interface OpenTool {
  readonly json: Json
  isCarried: boolean
}

/**
 * Tool calls that are open. A task may have thousands of them at once, so a call that begins or ends costs the same
 * however many there are: of very many only the oldest are carried.
 */
export class OpenTools {
  readonly #tools: Map<string, OpenTool> = new Map()
  /** The carried ones, joined; `null` when one of them has ended since. */
  #carried: string | null = ''
  /** There was no room for one: those that open after it are not carried either. */
  #isFull = false
  #changed = false

  has(id: string): boolean {
    return this.#tools.has(id)
  }

  /** In order of opening. */
  ids(): string[] {
    return [...this.#tools.keys()]
  }

  /** @returns false when it is open already. */
  add(id: string): boolean {
    if (this.#tools.has(id)) return false
    const tool = { json: `{"kind":"tool","id":${JSON.stringify(id)}}`, isCarried: false }
    this.#tools.set(id, tool)
    if (this.#carried !== null) this.#carried = this.#carry(this.#carried, tool)
    this.#changed ||= tool.isCarried
    return true
  }

  /** @returns false when it is not open. */
  delete(id: string): boolean {
    const tool = this.#tools.get(id)
    if (tool === undefined) return false
    this.#tools.delete(id)
    if (tool.isCarried) {
      this.#carried = null
      this.#changed = true
    }
    return true
  }

  /** Whether others are carried than when this was last asked. */
  takeChanged(): boolean {
    const changed = this.#changed
    this.#changed = false
    return changed
  }

  /** JSON texts of the carried ones, joined by commas. */
  carried(): string {
    if (this.#carried !== null) return this.#carried
    this.#carried = ''
    this.#isFull = false
    for (const tool of this.#tools.values()) {
      if (this.#isFull) break
      this.#carried = this.#carry(this.#carried, tool)
    }
    return this.#carried
  }

  /** The carried ones and this one, if there is room for it. */
  #carry(carried: string, tool: OpenTool): string {
    this.#isFull ||= carried.length + tool.json.length > maxCarriedLength
    tool.isCarried = !this.#isFull
    if (this.#isFull) return carried
    return carried === '' ? tool.json : `${carried},${tool.json}`
  }
}
