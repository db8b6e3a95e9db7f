import type { Snapshot, TaskRecord } from '../store/index.ts'

/** The state of a snapshot and what stands behind it, as bytes that several readers may be sent. */
export type SharedSnapshots = (
  task: Pick<TaskRecord, 'id' | 'epoch'>,
  snapshot: Snapshot,
  end: string,
) => Uint8Array<ArrayBuffer>

interface Remembered {
  readonly epoch: string
  readonly at: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** More is forgotten, what was asked for longest ago first. */
const maxRememberedBytes = 8 * 1_024 * 1_024

/** A larger one would push out too many others. 100,000 events of an agent make 1.5 MB. */
const maxBytes = maxRememberedBytes / 4

/**
 * Makes the bytes, and remembers those that were asked for last: a page that is opened again, or in several tabs, asks for
 * the same. To write a long state out as UTF-8 costs as much as all else about its answer.
 *
 * The end is the same for all pages of a handler.
 */
export function sharedSnapshotsOf(): SharedSnapshots {
  const remembered = new Map<string, Remembered>()
  let rememberedBytes = 0
  return ({ id, epoch }, { at, fold, state }, end) => {
    const key = `${fold};${id}`
    const known = remembered.get(key)
    if (known !== undefined) {
      remembered.delete(key)
      if (known.at === at && known.epoch === epoch) {
        remembered.set(key, known)
        return known.bytes
      }
      rememberedBytes -= known.bytes.length
    }
    // Put together as bytes: of texts, the engine would make a copy first.
    const bytes = Buffer.concat([Buffer.from(state), Buffer.from(end)])
    if (bytes.length > maxBytes) return bytes
    remembered.set(key, { epoch, at, bytes })
    rememberedBytes += bytes.length
    for (const [oldest, { bytes: gone }] of remembered) {
      if (rememberedBytes <= maxRememberedBytes) break
      remembered.delete(oldest)
      rememberedBytes -= gone.length
    }
    return bytes
  }
}
