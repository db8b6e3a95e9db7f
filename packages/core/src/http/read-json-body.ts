import { TaskError } from '../errors.ts'
import { textDeeperThan, valueDeeperThan } from '../json-depth.ts'
import { textHasMoreKeys, valueHasMoreKeys } from './json-keys.ts'
import type { RequestBody, TaskRequest } from './task-request.ts'

/** Bounds of one body. */
export interface BodyLimits {
  maxBodyBytes: number
  maxJsonDepth: number
  /** Keys of all objects together. */
  maxJsonKeys: number
}

/** A body that was read; `value` is `undefined` when there was none. */
export interface JsonBody {
  value: unknown
  bytes: number
}

const noBody: JsonBody = { value: undefined, bytes: 0 }

/** Whether a content type is JSON. A missing one is not: a browser may send such a body across sites unasked. */
export function isJsonType(contentType: string | null): boolean {
  return contentType !== null && /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(contentType)
}

/**
 * Reads and parses a request's JSON body, wherever it is by now. Of a stream no more than the limit is taken.
 *
 * @throws TaskError `body_too_large`, `unsupported_media_type`, `too_deep`, `invalid_json`
 */
export async function readJsonBody({ body, headers }: TaskRequest, limits: BodyLimits): Promise<JsonBody> {
  if (body.type === 'none') return noBody
  // Of a compressed body the header counts the bytes before they were unpacked.
  const compressed = (headers.get('content-encoding') ?? 'identity') !== 'identity'
  const declared = compressed ? null : headers.get('content-length')
  if (declared !== null) checkSize(Number(declared), limits.maxBodyBytes)

  if (body.type === 'value') {
    checkType(headers.get('content-type'))
    if (valueDeeperThan(body.value, limits.maxJsonDepth)) throw tooDeep(limits)
    if (valueHasMoreKeys(body.value, limits.maxJsonKeys)) throw tooManyKeys(limits)
    const bytes = declared === null ? Buffer.byteLength(JSON.stringify(body.value) ?? '') : Number(declared)
    checkSize(bytes, limits.maxBodyBytes)
    return { value: body.value, bytes }
  }

  if (compressed && body.type === 'stream') {
    throw new TaskError('unsupported_media_type', 'Send the body without compressing it.')
  }
  const { text, bytes } = await readText(body, limits)
  if (bytes === 0) return noBody
  checkType(headers.get('content-type'))
  if (textDeeperThan(text, limits.maxJsonDepth)) throw tooDeep(limits)
  if (textHasMoreKeys(text, limits.maxJsonKeys)) throw tooManyKeys(limits)
  try {
    return { value: JSON.parse(text), bytes }
  } catch (cause) {
    throw invalidJson(cause)
  }
}

async function readText(
  body: Exclude<RequestBody, { type: 'none' | 'value' }>,
  limits: BodyLimits,
): Promise<{ text: string; bytes: number }> {
  if (body.type === 'text') {
    const bytes = Buffer.byteLength(body.text)
    checkSize(bytes, limits.maxBodyBytes)
    return { text: body.text, bytes }
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const chunks = body.type === 'bytes' ? [body.bytes] : body.chunks
  let text = ''
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.byteLength
    checkSize(bytes, limits.maxBodyBytes)
    text += decode(chunk)
  }
  return { text: text + decode(), bytes }

  function decode(chunk?: Uint8Array): string {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (cause) {
      throw invalidJson(cause)
    }
  }
}

/**
 * Refuses a body that is too large.
 *
 * @throws TaskError `body_too_large`
 */
export function checkSize(bytes: number, maxBodyBytes: number): void {
  if (bytes > maxBodyBytes) {
    throw new TaskError('body_too_large', `The body has more than ${maxBodyBytes} bytes. Send a smaller one.`)
  }
}

function checkType(contentType: string | null): void {
  if (isJsonType(contentType)) return
  throw new TaskError(
    'unsupported_media_type',
    'Send the body as JSON, with the content type application/json.',
  )
}

function tooDeep({ maxJsonDepth }: BodyLimits): TaskError {
  return new TaskError('too_deep', `The body nests deeper than ${maxJsonDepth} levels. Send a flatter one.`)
}

function tooManyKeys({ maxJsonKeys }: BodyLimits): TaskError {
  return new TaskError(
    'body_too_large',
    `The body has more than ${maxJsonKeys} keys. Send fewer, or send lists.`,
  )
}

function invalidJson(cause: unknown): TaskError {
  return new TaskError('invalid_json', 'The body is not valid JSON in UTF-8. Check it and send it again.', {
    cause,
  })
}
