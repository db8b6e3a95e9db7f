/** Base path of the routes unless the application chooses another. */
export const defaultBasePath = '/api/tasks'

/** Paths of the routes, below the base path. */
export const routes: {
  readonly collection: string
  readonly task: (taskId: string) => string
  readonly cancel: (taskId: string) => string
} = {
  collection: '',
  task: (taskId) => `/${encodeURIComponent(taskId)}`,
  cancel: (taskId) => `/${encodeURIComponent(taskId)}/cancel`,
}
