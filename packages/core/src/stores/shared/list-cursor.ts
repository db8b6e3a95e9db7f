/** A place in a user's list. */
export interface ListPosition {
  createdAt: number
  id: string
}

/** The cursor of the place behind a task: inserts and deletes do not move it. */
export function cursorOf({ createdAt, id }: ListPosition): string {
  return Buffer.from(`${createdAt}:${id}`).toString('base64url')
}

/** The place that a cursor names; `null` for what no store of this kind has written. */
export function parseCursor(cursor: string): ListPosition | null {
  const [, createdAt, id] = /^(\d+(?:\.\d+)?):(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  return createdAt === undefined || id === undefined ? null : { createdAt: Number(createdAt), id }
}
