import type { InputBlock, PayloadBlock } from './block.ts'
import { addBlock, patchBlock } from './block-draft.ts'
import type { Handlers } from './handler.ts'
import { choice, optionalNumber, optionalText, required, text } from './read-field.ts'

/** What a task shows beside its text and its tools. */
export const contentHandlers: Handlers<
  'append_payload' | 'modify_payload' | 'source' | 'file' | 'error' | 'input_request' | 'input_response'
> = {
  // Appends to one path that follow each other are one block, with the latest of each other field.
  append_payload(draft, { path: where, content: added, ...details }, idx) {
    const path = text(where)
    const content = text(added)
    const position = draft.blocks.length - 1
    const last = draft.blocks[position] as Partial<PayloadBlock> | undefined
    if (last?.operation === 'append' && last.path === path)
      patchBlock<PayloadBlock>(draft, position, {
        content: last.content + content,
        // Spread, since `Object.assign` would set a prototype for a field `__proto__`.
        details: Object.keys(details).length > 0 ? { ...last.details, ...details } : null,
      })
    else addBlock(draft, 'payload', idx, { operation: 'append', path, content, details })
  },
  modify_payload(draft, { path, content, ...details }, idx) {
    addBlock(draft, 'payload', idx, {
      operation: 'modify',
      path: text(path),
      content: optionalText(content) ?? '',
      details,
    })
  },
  source(draft, data, idx) {
    addBlock(draft, 'source', idx, { url: text(data.url), title: optionalText(data.title) })
  },
  file(draft, data, idx) {
    addBlock(draft, 'file', idx, { mediaType: text(data.media_type), url: text(data.url) })
  },
  error(draft, data, idx) {
    addBlock(draft, 'error', idx, { message: text(data.message), code: optionalText(data.code) })
  },
  // A question that was already asked under this id is not asked again.
  input_request(draft, data, idx) {
    const id = text(data.id)
    if (draft.named.has(`input:${id}`)) return
    const prompt = text(data.prompt)
    const schema = data.schema ?? null
    const expiresAt = optionalNumber(data.expires_at)
    addBlock(draft, 'input', idx, { id, prompt, schema, expiresAt, outcome: null, value: null }, id)
  },
  // How the wait for an answer ended; the first one stays.
  input_response(draft, data) {
    const position = required(draft.named.get(`input:${text(data.id)}`))
    const outcome = required(choice(data.outcome, 'answered', 'canceled', 'expired'))
    if ((draft.blocks[position] as InputBlock).outcome === null)
      patchBlock<InputBlock>(draft, position, { outcome, value: data.value })
  },
}
