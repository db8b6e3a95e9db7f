import { readFile } from 'node:fs/promises'
import { saidByAnthropic } from './anthropic.ts'
import { saidByCompletions } from './chat-completions.ts'
import { saidByGoogle } from './google.ts'
import { saidByResponses } from './openai-responses.ts'
import { at, type Said } from './said.ts'

export type { SaidItem } from './said.ts'

/**
 * What a recording says, read straight from its JSON. Knows nothing of the AI SDK nor of the replay: it is the other
 * of the two readings that are compared.
 */
export async function readSaid(file: string): Promise<Said> {
  const answers = answersOf(file, await readFile(file, 'utf8')).map(saidBy)
  return {
    items: answers.flatMap(({ items }) => items),
    error: answers.map(({ error }) => error).find((error) => error !== null) ?? null,
  }
}

function answersOf(file: string, text: string): unknown[][] {
  if (file.endsWith('.sse')) {
    // A line that is no `data:` says nothing to a reader of event streams: one recording ends in a bare JSON error.
    const data = text.split(/\r?\n/).filter((line) => line.startsWith('data: {'))
    return [data.map((line): unknown => JSON.parse(line.slice('data: '.length)))]
  }
  const lines = text.split('\n').filter((line) => line !== '')
  const values = lines.map((line): unknown => JSON.parse(line))
  return file.endsWith('.responses.jsonl') ? values.map((value) => at(value).response as unknown[]) : [values]
}

function saidBy(chunks: readonly unknown[]): Said {
  const first = at(chunks[0])
  if (first.type === 'message_start') return saidByAnthropic(chunks)
  if (typeof first.type === 'string') return saidByResponses(chunks)
  return 'candidates' in first ? saidByGoogle(chunks) : saidByCompletions(chunks)
}
