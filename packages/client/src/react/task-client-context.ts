import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'
import type { TaskClient } from '../index.ts'

const TaskClientContext = createContext<TaskClient | null>(null)

/** Properties of {@link TaskClientProvider}. */
export interface TaskClientProviderProps {
  client: TaskClient
  children?: ReactNode
}

/**
 * Hands a client to all hooks below it.
 *
 * @example
 * const client = new TaskClient()
 * createRoot(container).render(<TaskClientProvider client={client}><App /></TaskClientProvider>)
 */
export function TaskClientProvider({ client, children }: TaskClientProviderProps): ReactElement {
  // Not a ReactNode: a function that answers one is no component by the types of early React 18.
  return createElement(TaskClientContext.Provider, { value: client }, children)
}

/**
 * The client that was passed, or else the one of the nearest {@link TaskClientProvider}.
 *
 * @throws Error when there is neither
 */
export function useTaskClient(client?: TaskClient): TaskClient {
  const provided = useContext(TaskClientContext)
  const used = client ?? provided
  if (used === null) throw new Error('No TaskClientProvider is above, and no client was passed.')
  return used
}
