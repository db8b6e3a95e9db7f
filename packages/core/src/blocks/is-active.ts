import type { ToolStatus } from '../protocol/index.ts'

/** Whether a tool call has not come to its end. */
export function isActive(status: ToolStatus): boolean {
  return status === 'preparing' || status === 'running'
}
