import * as z from 'zod'
import { type AnyTaskDefinition, defineTask, type TaskContext } from '../../src/index.ts'

/** What a run tells the test that watches its process. */
export type Told =
  | { what: 'in tool' }
  | { what: 'tool is over' }
  | { what: 'blocking' }
  | { what: 'awake'; wrote: boolean; aborted: boolean; reason: string | null }
  | { what: 'late tool' }
  | { what: 'waiting' }

type Tell = (told: Told) => void

const duration = z.object({ ms: z.number() })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Keeps the whole process from doing anything else. */
function blockLoop(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Blocks the event loop in its first attempt, then goes on as if nothing had happened. */
const blocking = (tell: Tell) => async (context: TaskContext<{ ms: number }>) => {
  const { input, attempt, emit, flush, tool, signal } = context
  emit('text_chunk', { content: `attempt ${attempt} ` })
  await flush()
  if (attempt > 1) return { attempt }
  tell({ what: 'blocking' })
  blockLoop(input.ms)
  const wrote = emit('text_chunk', { content: 'late ' })
  await flush()
  tell({ what: 'awake', wrote, aborted: signal.aborted, reason: codeOf(signal.reason) })
  await tool({ id: 'late', name: 'late' }, () => tell({ what: 'late tool' }))
  return { attempt }
}

const codeOf = (reason: unknown): string | null =>
  typeof reason === 'object' && reason !== null && 'code' in reason ? String(reason.code) : null

/** The types of tasks that the tests' processes run; `tell` reaches the test. */
export function processTasks(tell: Tell): AnyTaskDefinition[] {
  return [
    defineTask({ type: 'quick', input: z.unknown(), run: () => 'done' }),
    defineTask({
      type: 'linger',
      input: duration,
      // The tool ignores its signal.
      async run({ input, tool }) {
        await tool({ id: 't1', name: 'linger' }, async () => {
          tell({ what: 'in tool' })
          await pause(input.ms)
          tell({ what: 'tool is over' })
          return 'too late'
        })
      },
    }),
    defineTask({
      type: 'resume',
      input: z.unknown(),
      onInterrupted: 'retry',
      async run({ attempt, lastCheckpoint, checkpoint, emit, signal }) {
        if (lastCheckpoint !== null) return { attempt, lastCheckpoint }
        emit('text_chunk', { content: 'first part' })
        await checkpoint('first part')
        tell({ what: 'waiting' })
        while (!signal.aborted) await pause(20)
        return null
      },
    }),
    defineTask({ type: 'block_once', input: duration, run: blocking(tell) }),
    defineTask({ type: 'block_again', input: duration, onInterrupted: 'retry', run: blocking(tell) }),
    defineTask({
      type: 'poison',
      input: z.unknown(),
      onInterrupted: 'retry',
      maxAttempts: 3,
      async run({ emit, flush, attempt }) {
        emit('text_chunk', { content: `attempt ${attempt}` })
        await flush()
        process.kill(process.pid, 'SIGKILL')
        await pause(60_000)
      },
    }),
  ]
}
