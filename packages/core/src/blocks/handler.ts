import type { BuiltinEventType } from '../protocol/index.ts'
import type { BlockDraft } from './block-draft.ts'
import type { Fields } from './read-field.ts'

/** Applies one event to a draft, reading its data as far as it goes. A throw skips the event. */
export type Handler = (draft: BlockDraft, data: Fields, idx: number) => void

/** Handlers by the type of their event. */
export type Handlers<Type extends BuiltinEventType = BuiltinEventType> = Readonly<Record<Type, Handler>>
