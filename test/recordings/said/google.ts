import { at, type Json, listAt, type Said, type SaidItem, textAt } from './said.ts'

interface OpenCall {
  readonly type: 'tool'
  readonly id: string | null
  readonly name: string
  readonly arguments: unknown
}

/** Reads Google's content parts: text runs on until something else comes; arguments come whole or by JSON path. */
export function saidByGoogle(chunks: readonly unknown[]): Said {
  const items: (OpenCall | { type: 'text' | 'thinking'; content: string })[] = []
  let call: OpenCall | null = null
  for (const chunk of chunks) {
    for (const part of listAt(at(listAt(chunk, 'candidates')[0], 'content'), 'parts')) {
      if ('text' in part) {
        const type = part.thought === true ? 'thinking' : 'text'
        const last = items.at(-1)
        if (last?.type === type) last.content += textAt(part, 'text')
        else items.push({ type, content: textAt(part, 'text') })
      }
      if (!('functionCall' in part)) continue
      const { name, id, args } = at(part, 'functionCall')
      if (typeof name === 'string') {
        call = { type: 'tool', id: typeof id === 'string' ? id : null, name, arguments: args ?? {} }
        items.push(call)
      }
      for (const partial of listAt(at(part, 'functionCall'), 'partialArgs')) setAt(call?.arguments, partial)
    }
  }
  return { items: items as SaidItem[], error: null }
}

/** Sets or goes on with a value, such as `$.recipe.steps[8]`. */
function setAt(root: unknown, { jsonPath, stringValue, numberValue, boolValue }: Json): void {
  const steps = String(jsonPath).match(/[^.$[\]]+/g) ?? []
  let place = root as Record<string, unknown>
  for (const [depth, step] of steps.entries()) {
    if (depth === steps.length - 1) {
      const before = place[step]
      place[step] =
        typeof stringValue === 'string'
          ? `${typeof before === 'string' ? before : ''}${stringValue}`
          : (numberValue ?? boolValue ?? null)
      return
    }
    place[step] ??= /^\d+$/.test(steps[depth + 1] ?? '') ? [] : {}
    place = place[step] as Record<string, unknown>
  }
}
