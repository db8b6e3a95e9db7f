import { type TaskContext, TaskError } from '../../src/index.ts'
import type { Lifespan } from './lifespan.ts'

/** One call of a definition's `run`. */
interface Run {
  readonly taskId: string
  readonly attempt: number
  readonly scope: string
  readonly life: Lifespan
  /** What the run was handed, and what it should have been handed. */
  readonly lastCheckpoint: unknown
  readonly savedCheckpoint: unknown
  /** Whether runs before it had texts acknowledged. */
  readonly hasHistory: boolean
  /** Another run of the same scope that was under way when this one began. */
  readonly overlaps: boolean
  isOver: boolean
}

/** What became known outside of the store while tasks ran, so that it must be true for good. */
export class RunFacts {
  /** Tasks whose create was answered. */
  readonly created: Set<string> = new Set()
  /** Tasks whose stop was acknowledged before they had ended. */
  readonly stopped: Set<string> = new Set()
  /** Tasks whose question was answered, and that was acknowledged. */
  readonly answered: Set<string> = new Set()
  readonly runs: Run[] = []
  /** Calls of tools, `isLate` after the acknowledgement of a stop. */
  readonly toolStarts: { taskId: string; tool: string; isLate: boolean }[] = []
  /** Texts whose flush or checkpoint was acknowledged. */
  readonly texts: { taskId: string; content: string }[] = []
  readonly #checkpoints: Map<string, unknown> = new Map()

  /** Runs with a context whose awaits are points of its process, and takes note of what is acknowledged to it. */
  async watch(
    context: TaskContext,
    life: Lifespan,
    run: (context: TaskContext) => unknown,
  ): Promise<unknown> {
    const { taskId, userId, workspaceId, attempt, lastCheckpoint } = context
    const scope = `${userId}/${workspaceId}`
    const current: Run = {
      taskId,
      attempt,
      scope,
      life,
      lastCheckpoint,
      savedCheckpoint: this.#checkpoints.get(taskId) ?? null,
      hasHistory: this.texts.some((text) => text.taskId === taskId),
      overlaps: this.runs.some((other) => other.scope === scope && !other.isOver && !other.life.hasEnded),
      isOver: false,
    }
    if (!life.hasEnded) this.runs.push(current)
    await life.pass('the run begins')
    try {
      return await run(this.#watched(context, life))
    } finally {
      current.isOver = true
      await life.pass('the run is over')
    }
  }

  #watched(context: TaskContext, life: Lifespan): TaskContext {
    const { taskId, signal } = context
    const emitted: string[] = []
    // What is lost with the lease is not acknowledged: the signal says so.
    const isKept = (): boolean => !life.hasEnded && !TaskError.is(signal.reason, 'lease_lost')
    const keepTexts = (): void => {
      for (const content of emitted.splice(0)) this.texts.push({ taskId, content })
    }
    return {
      ...context,
      emit: (type, data) => {
        if (type === 'text_chunk') emitted.push((data as { content: string }).content)
        return context.emit(type, data)
      },
      flush: async () => {
        await life.call('flush', () => context.flush())
        if (isKept()) keepTexts()
      },
      checkpoint: async (value) => {
        await life.call('checkpoint', () => context.checkpoint(value))
        if (!isKept()) return
        keepTexts()
        this.#checkpoints.set(taskId, value)
      },
      tool: (call, run) =>
        life.call('tool', () =>
          context.tool(call, async (toolSignal, report) => {
            const isLate = this.stopped.has(taskId)
            if (!life.hasEnded) this.toolStarts.push({ taskId, tool: call.id, isLate })
            await life.pass('the tool begins')
            try {
              return await run(toolSignal, report)
            } finally {
              await life.pass('the tool is over')
            }
          }),
        ),
      waitForInput: (request) => life.call('waitForInput', () => context.waitForInput(request)),
    }
  }
}
