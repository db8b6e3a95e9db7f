import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { detectProvider, type RecordedOrigin } from './detect-provider.ts'
import { field, type RecordedResponse, responseOfBody, responseOfChunks } from './recorded-response.ts'

/** A recorded conversation: the answers that one provider gave, one after the other. */
export interface Recording extends RecordedOrigin {
  readonly responses: readonly RecordedResponse[]
  /** Bodies of the requests that led to the answers, where they lie beside them (`NAME.N.request.json`). */
  readonly requests: readonly unknown[]
}

/**
 * Reads a recorded provider stream: a raw body (`.sse`) or one chunk a line (`.jsonl`).
 *
 * A conversation of several answers is read as such when it lies in `NAME.1.sse`, `NAME.2.sse`, … (name any of them),
 * in a `.jsonl` file with several whole Anthropic messages, or with one `{ "response": [chunk, …] }` a line.
 *
 * @throws Error when no provider of the AI SDK that this example brings reads this format.
 */
export async function readRecording(file: string): Promise<Recording> {
  const read = { '.sse': readBodies, '.jsonl': readLines }[extname(file)]
  const { responses, requests } = read === undefined ? nothing : await readable(read, file)
  const origin = detectProvider(responses[0]?.chunks ?? [])
  if (origin === null) {
    throw new Error(
      `${basename(file)} is not a recording that can be played: it must be the stream of a provider that is installed ` +
        'here, as a raw body (.sse) or with one chunk a line (.jsonl).',
    )
  }
  return { ...origin, responses, requests }
}

/** Says in a sentence what kept the file from being read. */
async function readable(read: (file: string) => Promise<Exchanges>, file: string): Promise<Exchanges> {
  try {
    return await read(file)
  } catch (cause) {
    const name = basename(file)
    if (cause instanceof SyntaxError)
      throw new Error(`${name} is not a recording that can be played: a line of it is not JSON.`, { cause })
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Error(
      isMissing ? `There is no recording ${file}.` : `${name} cannot be read: ${String(cause)}`,
      {
        cause,
      },
    )
  }
}

type Exchanges = Pick<Recording, 'responses' | 'requests'>

const nothing: Exchanges = { responses: [], requests: [] }

async function readBodies(file: string): Promise<Exchanges> {
  const name = /^(.+)\.\d+\.sse$/.exec(basename(file))?.[1]
  if (name === undefined) return { responses: [responseOfBody(await readFile(file, 'utf8'))], requests: [] }

  const siblings = new Set(await readdir(dirname(file)))
  const responses: RecordedResponse[] = []
  const requests: unknown[] = []
  for (let turn = 1; siblings.has(`${name}.${turn}.sse`); turn += 1) {
    responses.push(responseOfBody(await readFile(join(dirname(file), `${name}.${turn}.sse`), 'utf8')))
    const request = `${name}.${turn}.request.json`
    if (siblings.has(request)) requests.push(JSON.parse(await readFile(join(dirname(file), request), 'utf8')))
  }
  return { responses, requests }
}

async function readLines(file: string): Promise<Exchanges> {
  const answers: unknown[][] = [[]]
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    if (line.trim() === '') continue
    const chunk: unknown = JSON.parse(line)
    const whole = field(chunk, 'response')
    if (Array.isArray(whole)) answers.push(whole, [])
    else answers.at(-1)?.push(chunk)
    if (field(chunk, 'type') === 'message_stop') answers.push([])
  }
  return { responses: answers.filter((answer) => answer.length > 0).map(responseOfChunks), requests: [] }
}
