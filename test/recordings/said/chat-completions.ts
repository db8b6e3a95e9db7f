import { at, listAt, type Said, type SaidItem, textAt } from './said.ts'

/** Reads chat completions, of OpenAI and of all who speak its dialect: one text, one reasoning, tool calls by index. */
export function saidByCompletions(chunks: readonly unknown[]): Said {
  const written = new Map<'text' | 'thinking', string>()
  const calls = new Map<unknown, { id: string; name: string; json: string }>()
  const order: (() => SaidItem)[] = []
  let error: string | null = null

  const write = (type: 'text' | 'thinking', delta: string): void => {
    if (delta === '') return
    if (!written.has(type)) order.push(() => ({ type, content: written.get(type) ?? '' }))
    written.set(type, (written.get(type) ?? '') + delta)
  }

  for (const chunk of chunks) {
    if ('error' in at(chunk)) error ??= textAt(at(chunk, 'error'), 'message')
    const delta = at(listAt(chunk, 'choices')[0], 'delta')
    write('thinking', textAt(delta, 'reasoning_content') + textAt(delta, 'reasoning'))
    write('text', textAt(delta, 'content'))
    for (const part of listAt(delta, 'tool_calls')) {
      const call = calls.get(part.index) ?? { id: textAt(part, 'id'), name: '', json: '' }
      if (!calls.has(part.index)) {
        calls.set(part.index, call)
        order.push(() => ({ type: 'tool', id: call.id, name: call.name, arguments: JSON.parse(call.json) }))
      }
      call.name += textAt(at(part, 'function'), 'name')
      call.json += textAt(at(part, 'function'), 'arguments')
    }
  }
  return { items: order.map((item) => item()), error }
}
