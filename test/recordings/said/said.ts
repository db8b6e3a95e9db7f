/** A tool call as the provider's stream gives it. */
export interface SaidTool {
  readonly type: 'tool'
  /** `null` where the provider gives calls no id. */
  readonly id: string | null
  readonly name: string
  /** Parsed; absent when the stream ended before they were complete. */
  readonly arguments?: unknown
  /** What had streamed in of arguments that were never completed. */
  readonly argumentsText?: string
}

/** What a model said, in the order in which it began to say it. */
export type SaidItem =
  | { readonly type: 'text'; readonly content: string }
  | { readonly type: 'thinking'; readonly content: string }
  | SaidTool

/** The reading of a whole stream. */
export interface Said {
  readonly items: readonly SaidItem[]
  /** The provider's sentence, or `null` when the stream ended well. */
  readonly error: string | null
}

/** A JSON object whose fields are yet to be looked at. */
export type Json = Readonly<Record<string, unknown>>

/** The object at a path of fields, `{}` where there is none. */
export function at(value: unknown, ...path: readonly string[]): Json {
  let found = value
  for (const name of path) found = isObject(found) ? found[name] : undefined
  return isObject(found) ? found : {}
}

/** The objects in a field that holds a list. */
export function listAt(value: unknown, name: string): readonly Json[] {
  const list = at(value)[name]
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** A field's text, empty where it holds none. */
export function textAt(value: unknown, name: string): string {
  const text = at(value)[name]
  return typeof text === 'string' ? text : ''
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
