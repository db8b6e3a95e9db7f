import type { ReadPage } from '../store/index.ts'

/**
 * The events of a page and what stands behind them, as bytes that several readers may be sent; `null` for events so few
 * that a text is sent sooner.
 */
export type SharedEvents = (page: ReadPage, end: string) => Uint8Array<ArrayBuffer> | null

interface Remembered {
  readonly epoch: string
  readonly count: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

const minEvents = 16

/** More is forgotten at once. The pages that are asked for again are the last ones of tasks with several readers. */
const maxRememberedBytes = 4 * 1_024 * 1_024

/** A whole log is seldom asked for twice, and would push out all others. */
const maxBytes = maxRememberedBytes / 16

/**
 * Makes the bytes, and remembers those that were made last: the tabs and users that follow a task ask for the same
 * pages. An event never changes within the epoch of its log, so what is remembered needs no look at the revision.
 *
 * The end is the same for all pages of a handler.
 */
export function sharedEventsOf(): SharedEvents {
  const remembered = new Map<string, Remembered>()
  let rememberedBytes = 0
  return ({ task: { id, epoch }, from, events }, end) => {
    const count = events.length
    if (count < minEvents) return null
    const key = `${from};${id}`
    const known = remembered.get(key)
    if (known?.count === count && known.epoch === epoch) return known.bytes
    const bytes = Buffer.from(events.join(',') + end)
    if (bytes.length > maxBytes) return bytes
    rememberedBytes += bytes.length - (known?.bytes.length ?? 0)
    if (rememberedBytes > maxRememberedBytes) {
      remembered.clear()
      rememberedBytes = bytes.length
    }
    remembered.set(key, { epoch, count, bytes })
    return bytes
  }
}
