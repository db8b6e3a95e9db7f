import * as z from 'zod'
import { TaskError } from '../errors.ts'

/**
 * What JSON Schema can say of an answer: the page and any node that takes the answer know the schema in this form only.
 *
 * @throws TaskError `invalid_event` for a schema that has no such form
 */
export function questionSchema(id: string, schema: z.ZodType): object {
  try {
    return z.toJSONSchema(schema, { io: 'input', override: dropFlaggedPatterns })
  } catch (cause) {
    throw new TaskError('invalid_event', `The schema of the question "${id}" has no form as JSON Schema.`, {
      cause,
    })
  }
}

/** A pattern cannot say its flags, and without them it would refuse what fits: the run itself checks these. */
function dropFlaggedPatterns({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes
  jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  const flagged = new Set<unknown>()
  for (const pattern of patternsOf(zodSchema)) if (pattern.flags !== '') flagged.add(pattern.source)
  if (flagged.has(jsonSchema.pattern)) delete jsonSchema.pattern
  if (jsonSchema.allOf === undefined) return
  const left = jsonSchema.allOf.filter(({ pattern }) => !flagged.has(pattern))
  // With its type, for a reader that knows a pattern from the type beside it.
  if (left.length > 0)
    jsonSchema.allOf = left.map((part) => (part.pattern ? { type: 'string', ...part } : part))
  else delete jsonSchema.allOf
}

/** The expressions that a schema checks a text with: as a format, as one of its checks, or noted by a check of others. */
function patternsOf({ _zod: { def, bag } }: z.core.$ZodTypes): RegExp[] {
  const checks = (def.checks ?? []).map((check) => check._zod.def)
  const patterns = [def, ...checks].map((part) => ('pattern' in part ? part.pattern : undefined))
  const noted = bag.patterns instanceof Set ? [...bag.patterns] : []
  return [...patterns, ...noted].filter((pattern) => pattern instanceof RegExp)
}
