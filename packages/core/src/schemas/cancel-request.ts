import * as z from 'zod'

/** Body of a request to cancel. */
export interface CancelRequest {
  /** Why, for the log and the screen; at most 1,000 characters. */
  reason?: string | null | undefined
}

/** Checks the body of a request to cancel; fields that are not ours yet are dropped. */
export const cancelRequestSchema: z.ZodType<CancelRequest> = z.object(
  {
    reason: z
      .string({ error: 'must be a string' })
      .max(1_000, { error: 'must have at most 1000 characters' })
      .nullish(),
  },
  { error: 'must be a JSON object' },
)
