import { checkDefinition } from './check-definition.ts'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import { TaskError } from './errors.ts'
import type { OnConflict } from './store/index.ts'

/**
 * Definitions by the name of their type.
 *
 * @param definitions what the caller gave as `tasks`; checked, as not every caller has a compiler, and a definition
 * need not come from `defineTask`
 * @throws TaskError `invalid_definition`
 */
export function byType(
  definitions: readonly AnyTaskDefinition[] | undefined,
): ReadonlyMap<string, AnyTaskDefinition> {
  if (!Array.isArray(definitions)) {
    throw new TaskError(
      'invalid_definition',
      'A manager needs a list of task definitions: new TaskManager({ tasks: [report] }).',
    )
  }
  const byName = new Map<string, AnyTaskDefinition>()
  for (const definition of definitions as readonly AnyTaskDefinition[]) {
    checkDefinition(definition)
    if (byName.has(definition.type)) {
      throw new TaskError('invalid_definition', `Two definitions are named "${definition.type}".`)
    }
    byName.set(definition.type, definition)
  }
  if (byName.size === 0) {
    throw new TaskError('invalid_definition', 'A manager needs at least one task definition.')
  }
  return byName
}

/**
 * The definition of a type; with a single one registered it need not be named.
 *
 * @throws TaskError `unknown_task_type`
 */
export function findDefinition(
  definitions: ReadonlyMap<string, AnyTaskDefinition>,
  type: string | undefined,
): AnyTaskDefinition {
  const [only] = definitions.values()
  const found = type === undefined && definitions.size === 1 ? only : definitions.get(type ?? '')
  if (found !== undefined) return found
  const known = [...definitions.keys()].join(', ')
  throw new TaskError(
    'unknown_task_type',
    type === undefined
      ? `Say which type of task: ${known}.`
      : `There is no task type "${type}"; known are: ${known}.`,
  )
}

/** What the store is to do when the scope of a task of this definition is taken. */
export function conflictRule({ onConflict = 'reject', maxQueued }: AnyTaskDefinition): OnConflict {
  return onConflict === 'queue'
    ? { policy: 'queue', max: maxQueued ?? defaults.maxQueued }
    : { policy: onConflict }
}
