import type { ServerStats } from '../../protocol/index.ts'
import { isAdmin } from '../authenticate.ts'
import { jsonResponse } from '../json-response.ts'
import { routeNotFound } from '../route-not-found.ts'
import type { TaskResponse } from '../task-request.ts'
import type { RouteCall } from './route.ts'

/** `GET /stats`: counts and sizes, for whom the application calls an admin; for anybody else there is no such route. */
export async function readStats({ context, request, viewer }: RouteCall): Promise<TaskResponse> {
  if (!(await isAdmin(context.authorizeAdmin, request, viewer))) throw routeNotFound()
  const stats = await context.manager.stats()
  const { rss, heapUsed, external } = process.memoryUsage()
  const durations = Object.entries(stats.durationsMs).map(([type, taken]) => [type, summaryOf(taken)])
  const data: ServerStats = {
    at: context.now() / 1_000,
    by_status: stats.byStatus,
    durations_ms: Object.fromEntries(durations),
    running: stats.running,
    queued: stats.queued,
    watchers: stats.watchers,
    connections: context.hub.size,
    buffered_bytes: stats.bufferedBytes,
    events_written: stats.eventsWritten,
    memory: { rss_bytes: rss, heap_used_bytes: heapUsed, external_bytes: external },
  }
  return jsonResponse(200, { success: true, data })
}

function summaryOf(durationsMs: readonly number[]): ServerStats['durations_ms'][string] {
  const sorted = [...durationsMs].sort((a, b) => a - b)
  const quantile = (share: number): number | null => sorted[Math.ceil(sorted.length * share) - 1] ?? null
  return { count: sorted.length, p50: quantile(0.5), p95: quantile(0.95) }
}
