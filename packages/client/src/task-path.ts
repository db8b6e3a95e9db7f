import { TaskClientError } from './errors.ts'

/**
 * The path of a task, or of something that a task has, below what it is of.
 *
 * @throws TaskClientError `task_not_found` for what no id is, and no URL can hold: nothing, one dot or two, which would
 *   lead elsewhere however they are escaped, and half of a character
 */
export function taskPath(id: string): string {
  try {
    if (!/^\.{0,2}$/.test(id)) return `/${encodeURIComponent(id)}`
  } catch {
    // Half of a surrogate pair.
  }
  throw new TaskClientError('task_not_found', `Nothing has the id "${id}".`, { status: 404 })
}
