import * as z from 'zod'

/** A JSON Schema (2020-12), as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema of what a zod schema takes, to stand at `pointer` of a larger document. What JSON Schema cannot say is
 * left open there, as is a schema of another library.
 *
 * @param pointer such as `#/components/schemas/Task`
 */
export function toJsonSchema(schema: z.ZodType, pointer: string): JsonSchema {
  if (!('_zod' in schema)) return {}
  // `input` also for answers: its objects are open, and fields may be added to every answer.
  const { $schema: _dialect, ...converted } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return moveReferences(converted, pointer) as JsonSchema
}

/** A reference to the schema's own root or definitions would mean the larger document's. */
function moveReferences(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((item) => moveReferences(item, pointer))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) =>
      name === '$ref' && typeof item === 'string' && item.startsWith('#')
        ? [name, pointer + item.slice(1)]
        : [name, moveReferences(item, pointer)],
    ),
  )
}
