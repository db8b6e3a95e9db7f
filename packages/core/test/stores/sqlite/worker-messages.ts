/** What a worker process does with a database file. */
export type WorkerJob = { file: string; driver: string } & (
  | { do: 'race'; creates: number; scope: string }
  | {
      do: 'append'
      tasks: readonly { taskId: string; token: string; perAppend: number }[]
      /** Without it, only a kill or a refusal ends the job. */
      rounds?: number
    }
)

/** What a worker process says. */
export type WorkerMessage =
  | { say: 'ready' }
  | { say: 'raced'; creates: Record<string, number>; leases: Record<string, number> }
  /** An append call was acknowledged; `nextIdx` of each task. */
  | { say: 'appended'; nextIdx: readonly number[] }
  | { say: 'refused'; outcome: string }
