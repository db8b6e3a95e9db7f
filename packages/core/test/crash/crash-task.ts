import { appendFile } from 'node:fs/promises'
import * as z from 'zod'
import { defineTask, type TaskDefinition } from '../../src/index.ts'

/** Leases of the crash tests: the real ones' proportions, seven times as fast. */
export const crashLimits = { leaseMs: 1_500, renewMs: 450, sweepMs: 150, stopCheckMs: 150 }

const input: z.ZodObject<{ steps: z.ZodNumber; paceMs: z.ZodNumber; ledger: z.ZodString }> = z.object({
  steps: z.number(),
  /** Milliseconds of a tool call, and how often a chunk is emitted. */
  paceMs: z.number(),
  /** Gets a line for every tool call that really began. */
  ledger: z.string(),
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Writes text, calls tools that ignore their signals, and saves a checkpoint after each step. */
export function crashTask(type: 'once' | 'again'): TaskDefinition<typeof input> {
  return defineTask({
    type,
    input,
    ...(type === 'again' && { onInterrupted: 'retry' as const, maxAttempts: 50 }),
    async run({ input, emit, tool, checkpoint, lastCheckpoint, attempt }) {
      const { steps, paceMs, ledger } = input
      for (let step = z.number().catch(0).parse(lastCheckpoint); step < steps; step++) {
        for (let chunk = 0; chunk < 5; chunk++) {
          emit('text_chunk', { content: `${step}.${chunk} ` })
          await pause(paceMs)
        }
        await tool({ id: `${attempt}-${step}`, name: 'work' }, async () => {
          await appendFile(ledger, `${attempt}-${step}\n`)
          await pause(paceMs * 3)
        })
        await checkpoint(step + 1)
      }
      return { steps }
    },
  })
}
