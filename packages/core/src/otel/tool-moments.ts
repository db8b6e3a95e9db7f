import { isBuiltinEventType, type TaskEvent, type ToolStatus } from '../protocol/index.ts'
import type { Json } from '../store/index.ts'

/** How a tool call ended. */
type ToolEnd = Extract<ToolStatus, 'completed' | 'failed' | 'canceled'>

/** A tool call began or ended; `at` is milliseconds since 1970. */
export type ToolMoment = { id: string; at: number } & (
  | { kind: 'start'; name: string }
  | { kind: 'end'; status: ToolEnd }
)

const ends: ReadonlySet<unknown> = new Set<ToolEnd>(['completed', 'failed', 'canceled'])

/** Where tool calls begin and end among stored events. Ids, names and times are read; arguments and results are not. */
export function toolMoments(texts: readonly Json[]): ToolMoment[] {
  return texts.filter(mayBeOfTool).flatMap((text) => momentOf(JSON.parse(text) as TaskEvent) ?? [])
}

/** Most events are text: a look at the words spares them the parse, which then decides. */
function mayBeOfTool(text: Json): boolean {
  return text.includes('"tool_start"') || text.includes('"update_action"')
}

function momentOf({ type, data, ts }: TaskEvent): ToolMoment | null {
  if (!isBuiltinEventType(type) || typeof data !== 'object' || data === null) return null
  const { id, name, status } = data as Record<string, unknown>
  const call = { id: String(id), at: ts * 1_000 }
  if (type === 'tool_start') return { ...call, kind: 'start', name: String(name) }
  return type === 'update_action' && ends.has(status)
    ? { ...call, kind: 'end', status: status as ToolEnd }
    : null
}
