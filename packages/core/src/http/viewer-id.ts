import { createHmac, randomBytes } from 'node:crypto'
import type { TaskOwner } from '../define-task.ts'
import { TaskError } from '../errors.ts'

/** Names a user and workspace without telling who they are. */
export type ViewerId = (owner: TaskOwner) => string

/** Every poll carries the id; this many are remembered before the memory starts anew. */
const maxRemembered = 10_000

/**
 * Makes ids of 128 bits that are the same for the same owner and secret; the secret is random when none is given.
 *
 * @throws TaskError `invalid_definition`
 */
export function viewerIds(secret: string | undefined): ViewerId {
  // Mostly a variable of the environment that was not set; the ids would be anybody's to compute.
  if (secret === '') {
    throw new TaskError('invalid_definition', 'The secret must not be empty; leave it out for a random one.')
  }
  const key = secret ?? randomBytes(32)
  const remembered = new Map<string, string>()
  return ({ userId, workspaceId }) => {
    // With its length, so that no two pairs make the same text.
    const owner = `${userId.length};${userId};${workspaceId}`
    let id = remembered.get(owner)
    if (id === undefined) {
      const named = JSON.stringify([userId, workspaceId])
      id = createHmac('sha256', key).update(named).digest('base64url').slice(0, 22)
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(owner, id)
    }
    return id
  }
}
