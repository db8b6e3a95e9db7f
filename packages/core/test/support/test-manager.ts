import { afterEach, expect } from 'vitest'
import * as z from 'zod'
import {
  defineTask,
  type TaskContext,
  type TaskDefinition,
  TaskManager,
  type TaskManagerOptions,
} from '../../src/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'

const managers: TaskManager[] = []
const failures: unknown[] = []

/** A manager with one task type, `work`; closed after the test, which fails on any background failure. */
export function managerFor(
  run: (context: TaskContext) => unknown,
  options: Partial<TaskManagerOptions> = {},
  definition: Partial<TaskDefinition> = {},
): TaskManager {
  const work = defineTask({ type: 'work', input: z.unknown(), run, ...definition })
  const manager = new TaskManager({ tasks: [work], onError: (error) => failures.push(error), ...options })
  managers.push(manager)
  return manager
}

/** The events of a task from a cursor on, parsed. */
export async function eventsOf(manager: TaskManager, taskId: string, from = 0): Promise<TaskEvent[]> {
  const page = await manager.read(taskId, { from })
  return page?.events.map((text) => JSON.parse(text) as TaskEvent) ?? []
}

/** Resolves when the signal fires. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Lets everything that is ready run, until the condition holds. The test's own time limit bounds the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close({ drainMs: 0 })))
  expect(failures.splice(0)).toEqual([])
})
