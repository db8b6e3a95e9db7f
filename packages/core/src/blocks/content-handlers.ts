import type { InputBlock, PayloadBlock } from './block.ts'
import { addBlock, findBlock, patchBlock } from './block-draft.ts'
import type { Handler, Handlers } from './handler.ts'
import { readChoice, readNumber, readText, required } from './read-field.ts'
import { toJson } from './to-json.ts'

/** A file operation; appends to one path that follow each other are one block. */
function payloadHandler(operation: PayloadBlock['operation']): Handler {
  return (draft, { path: where, content: added, ...others }, idx) => {
    const path = required(readText(where))
    const text = readText(added)
    const content = operation === 'append' ? required(text) : (text ?? '')
    const details = (toJson(others) ?? {}) as PayloadBlock['details']
    const position = draft.state.blocks.length - 1
    const last = draft.state.blocks[position] as Partial<PayloadBlock> | undefined
    if (operation === 'append' && last?.operation === operation && last.path === path)
      patchBlock<PayloadBlock>(draft, position, {
        content: last.content + content,
        // Of each field the latest. Spread, since `Object.assign` would set a prototype for a field `__proto__`.
        ...(Object.keys(others).length > 0 && { details: { ...last.details, ...details } }),
      })
    else addBlock(draft, 'payload', idx, { operation, path, content, details })
  }
}

/** What a task shows beside its text and its tools. */
export const contentHandlers: Handlers<
  'append_payload' | 'modify_payload' | 'source' | 'file' | 'error' | 'input_request' | 'input_response'
> = {
  append_payload: payloadHandler('append'),
  modify_payload: payloadHandler('modify'),
  source(draft, data, idx) {
    addBlock(draft, 'source', idx, { url: required(readText(data.url)), title: readText(data.title) })
  },
  file(draft, data, idx) {
    const mediaType = required(readText(data.media_type))
    addBlock(draft, 'file', idx, { mediaType, url: required(readText(data.url)) })
  },
  error(draft, data, idx) {
    addBlock(draft, 'error', idx, { message: required(readText(data.message)), code: readText(data.code) })
  },
  // A question that was already asked under this id is not asked again.
  input_request(draft, data, idx) {
    const id = required(readText(data.id))
    const prompt = required(readText(data.prompt))
    if (findBlock(draft, 'input', id) >= 0) return
    const schema = toJson(data.schema)
    const expiresAt = readNumber(data.expires_at)
    addBlock(draft, 'input', idx, { id, prompt, schema, expiresAt, outcome: null, value: null }, id)
  },
  // How the wait for an answer ended; the first one stays.
  input_response(draft, data) {
    const position = findBlock(draft, 'input', required(readText(data.id)))
    const outcome = required(readChoice(data.outcome, 'answered', 'canceled', 'expired'))
    const block = draft.state.blocks[position]
    if (block?.type === 'input' && block.outcome === null)
      patchBlock<InputBlock>(draft, position, { outcome, value: toJson(data.value) })
  },
}
