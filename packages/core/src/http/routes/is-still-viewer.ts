import { TaskError } from '../../errors.ts'
import { identify } from '../authenticate.ts'
import type { RouteCall } from './route.ts'

/** Whether the request that a stream was opened with would be let in today, as the same user. */
export async function isStillViewer({
  context,
  request,
  viewer,
}: Pick<RouteCall, 'context' | 'request' | 'viewer'>): Promise<boolean> {
  try {
    return (await identify(context.authenticate, request)).userId === viewer.userId
  } catch (error) {
    if (TaskError.is(error, 'unauthenticated')) return false
    throw error
  }
}
