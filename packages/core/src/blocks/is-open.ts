import type { ToolStatus } from '../protocol/index.ts'
import type { OpenableBlock } from './block-lookup.ts'

/** Whether a tool call has not come to its end. */
export function isActive(status: ToolStatus): boolean {
  return status === 'preparing' || status === 'running'
}

/** Whether a later event may still close a block. */
export function isOpen(block: OpenableBlock): boolean {
  if ('open' in block) return block.open
  return block.type === 'tool' ? isActive(block.status) : block.outcome === null
}
