import type { InputBlock, PayloadBlock } from './block.ts'
import { addBlock, findBlock, isOpen, patchBlock } from './block-draft.ts'
import type { Handler } from './handler.ts'
import { readChoice, readNumber, readText } from './read-field.ts'
import { toJson } from './to-json.ts'

/** `append_payload`, `modify_payload`: a file operation; appends to one path that follow each other are one block. */
export function payloadHandler(operation: PayloadBlock['operation']): Handler {
  return (draft, data, idx) => {
    const { path, content, ...others } = data
    const text = readText(content)
    if (typeof path !== 'string' || (operation === 'append' && text === null)) return
    const details = (toJson(others) ?? {}) as PayloadBlock['details']
    const { blocks } = draft.state
    const last = blocks.at(-1)
    const follows = last?.type === 'payload' && last.operation === operation && last.path === path
    if (operation === 'append' && follows) {
      patchBlock<PayloadBlock>(draft, blocks.length - 1, {
        content: last.content + text,
        // Of each field the latest. Spread, since `Object.assign` would set a prototype for a field `__proto__`.
        ...(Object.keys(others).length > 0 && { details: { ...last.details, ...details } }),
      })
      return
    }
    addBlock(draft, {
      type: 'payload',
      key: `payload:${idx}`,
      start: idx,
      operation,
      path,
      content: text ?? '',
      details,
    })
  }
}

/** `source`: a citation. */
export const addSource: Handler = (draft, data, idx) => {
  const url = readText(data.url)
  if (url !== null)
    addBlock(draft, { type: 'source', key: `source:${idx}`, start: idx, url, title: readText(data.title) })
}

/** `file`: a generated file. */
export const addFile: Handler = (draft, data, idx) => {
  const url = readText(data.url)
  const mediaType = readText(data.media_type)
  if (url !== null && mediaType !== null)
    addBlock(draft, { type: 'file', key: `file:${idx}`, start: idx, mediaType, url })
}

/** `error`: what went wrong. */
export const addError: Handler = (draft, data, idx) => {
  const message = readText(data.message)
  if (message !== null)
    addBlock(draft, { type: 'error', key: `error:${idx}`, start: idx, message, code: readText(data.code) })
}

/** `input_request`: a question; one that was already asked under this id is not asked again. */
export const requestInput: Handler = (draft, data, idx) => {
  const id = readText(data.id)
  const prompt = readText(data.prompt)
  if (id === null || prompt === null || findBlock(draft, 'input', id) >= 0) return
  const schema = toJson(data.schema)
  const expiresAt = readNumber(data.expires_at)
  addBlock(draft, {
    type: 'input',
    key: `input:${id}`,
    start: idx,
    id,
    prompt,
    schema,
    expiresAt,
    outcome: null,
    value: null,
  })
}

/** `input_response`: how the wait for an answer ended; the first one stays. */
export const answerInput: Handler = (draft, data) => {
  const id = readText(data.id)
  const outcome = readChoice(data.outcome, 'answered', 'canceled', 'expired')
  if (id === null || outcome === null) return
  const position = findBlock(draft, 'input', id)
  if (isOpen(draft.state.blocks[position], 'input')) {
    patchBlock<InputBlock>(draft, position, { outcome, value: toJson(data.value) })
  }
}
