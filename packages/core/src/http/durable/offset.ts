import { TaskError } from '../../errors.ts'

/** A place in a log; the idx is the first one wanted. */
export interface LogPosition {
  idx: number
  epoch: string
}

/** Digits of the largest idx that a number can hold: offsets of a log sort as texts as they do in the log. */
const digits = 16

/** The opaque offset of a place, as Durable Streams has it: a client hands it back as it is. */
export function formatOffset({ idx, epoch }: LogPosition): string {
  return `${String(idx).padStart(digits, '0')}_${epoch}`
}

/**
 * Reads an offset, or one of the protocol's two words: `-1` for the beginning, `now` for the end as it is.
 *
 * @throws TaskError `invalid_cursor`
 */
export function parseOffset(text: string): LogPosition | 'start' | 'now' {
  if (text === '-1') return 'start'
  if (text === 'now') return 'now'
  const [, number = '', epoch = ''] = /^(\d{16})_([^\s,&=?/]{1,200})$/.exec(text) ?? []
  const idx = Number(number)
  if (epoch === '' || !Number.isSafeInteger(idx)) {
    throw new TaskError(
      'invalid_cursor',
      'The offset is none of this server. Pass the Stream-Next-Offset of the last answer, or -1 to begin.',
    )
  }
  return { idx, epoch }
}
