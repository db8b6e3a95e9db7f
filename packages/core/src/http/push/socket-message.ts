import { defaults } from '../../defaults.ts'
import { TaskError } from '../../errors.ts'
import { textDeeperThan } from '../../json-depth.ts'
import type { SocketClientMessage } from '../../protocol/index.ts'
import { parseFolds } from '../parse-folds.ts'
import { socketBounds } from './socket-bounds.ts'

/** What a client asks for, with every default filled in. */
export type SocketCommand =
  | { op: 'subscribe'; taskId: string; from: number; epoch: string | null; folds: readonly string[] | null }
  | { op: 'unsubscribe'; taskId: string }
  | { op: 'ping' }
  | { op: 'auth'; token: string }
  | { op: 'ack'; bytes: number }

type Fields = Readonly<Record<string, unknown>>

/** The fields that each message may have beside `op`. */
const fieldsOf: Readonly<Record<SocketClientMessage['op'], readonly string[]>> = {
  subscribe: ['task_id', 'from', 'epoch', 'fold'],
  unsubscribe: ['task_id'],
  ping: [],
  auth: ['token'],
  ack: ['bytes'],
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a message of a client.
 *
 * @throws TaskError `body_too_large`, `invalid_json`, `too_deep`, `invalid_input`, `invalid_cursor`
 */
export function parseSocketMessage(message: Uint8Array): SocketCommand {
  const fields = parseObject(message)
  const op = readOp(fields)
  for (const name of Object.keys(fields)) {
    if (name !== 'op' && !fieldsOf[op].includes(name)) throw invalidField(name, `is no field of "${op}"`)
  }
  switch (op) {
    case 'subscribe':
      return {
        op,
        taskId: readText(fields, 'task_id', 256),
        from: readCursor(fields),
        epoch: isAbsent(fields, 'epoch') ? null : readText(fields, 'epoch', 256),
        folds: isAbsent(fields, 'fold') ? null : readFolds(fields),
      }
    case 'unsubscribe':
      return { op, taskId: readText(fields, 'task_id', 256) }
    case 'ping':
      return { op }
    case 'auth':
      return { op, token: readText(fields, 'token', socketBounds.messageBytes) }
    case 'ack':
      return { op, bytes: readBytes(fields) }
  }
}

function parseObject(message: Uint8Array): Fields {
  if (message.byteLength > socketBounds.messageBytes) {
    throw new TaskError(
      'body_too_large',
      `A message has at most ${socketBounds.messageBytes} bytes. Send a smaller one.`,
    )
  }
  let value: unknown
  try {
    const text = utf8.decode(message)
    if (textDeeperThan(text, defaults.maxJsonDepth)) {
      throw new TaskError('too_deep', 'The message nests too deeply. Send a flatter one.')
    }
    value = JSON.parse(text)
  } catch (cause) {
    if (TaskError.is(cause)) throw cause
    throw new TaskError('invalid_json', 'The message is not JSON in UTF-8. Check it and send it again.', {
      cause,
    })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TaskError('invalid_input', 'A message is an object with a field "op".')
  }
  return value as Fields
}

function readOp(fields: Fields): SocketClientMessage['op'] {
  const op = fieldOf(fields, 'op')
  if (typeof op === 'string' && Object.hasOwn(fieldsOf, op)) return op as SocketClientMessage['op']
  throw invalidField('op', `must be one of ${Object.keys(fieldsOf).join(', ')}`)
}

function readText(fields: Fields, name: string, maxLength: number): string {
  const value = fieldOf(fields, name)
  if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value
  throw invalidField(name, `must be a text of 1 to ${maxLength} characters`)
}

function readCursor(fields: Fields): number {
  const from = isAbsent(fields, 'from') ? 0 : fieldOf(fields, 'from')
  if (isWholeNumber(from)) return from
  throw new TaskError(
    'invalid_cursor',
    '"from" must be a whole number of at least 0. Pass the next_offset of the last message, or 0 to begin.',
  )
}

function readFolds(fields: Fields): readonly string[] {
  const folds = parseFolds(readText(fields, 'fold', 256))
  if (folds === null)
    throw invalidField('fold', 'must name the folds that the client knows, such as blocks@1')
  return folds
}

function readBytes(fields: Fields): number {
  const bytes = fieldOf(fields, 'bytes')
  if (isWholeNumber(bytes)) return bytes
  throw invalidField('bytes', 'must be a whole number of at least 0')
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Whether a field has no value: `null` means absent, as on the other routes. */
function isAbsent(fields: Fields, name: string): boolean {
  const value = fieldOf(fields, name)
  return value === undefined || value === null
}

function fieldOf(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function invalidField(path: string, message: string): TaskError {
  return new TaskError('invalid_input', `The field "${path}" ${message}.`, { issues: [{ path, message }] })
}
