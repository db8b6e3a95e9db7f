import type { BlockDraft } from './block-draft.ts'
import type { Fields } from './read-field.ts'

/** Applies one event to a draft. Data of a wrong shape is skipped or read as far as it goes. */
export type Handler = (draft: BlockDraft, data: Fields, idx: number) => void
