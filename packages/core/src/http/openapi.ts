import type { AnyTaskDefinition } from '../define-task.ts'
import {
  type JsonSchema,
  type RequestSchemas,
  type ResponseSchemas,
  requestSchemas,
  responseSchemas,
  toJsonSchema,
} from '../schemas/index.ts'
import { type Operation, operations } from './openapi-operations.ts'

/** Makes the document's text for the base path of a request. */
export type OpenApi = (basePath: string) => string

const components = '#/components/schemas'

/** The OpenAPI 3.1 document of the routes over these task types; made when it is first asked for, and kept. */
export function openApi(definitions: ReadonlyMap<string, AnyTaskDefinition>): OpenApi {
  let rest: string | null = null
  return (basePath) => {
    rest ??= JSON.stringify(document([...definitions.values()])).slice(1)
    // A mount prefix may differ from request to request; all the rest is the same.
    return `{"servers":${JSON.stringify([{ url: basePath || '/' }])},${rest}`
  }
}

function document(definitions: readonly AnyTaskDefinition[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Outlast task routes',
      version: '0.1',
      description: 'Long-running tasks: create, follow by cursor, stop.',
    },
    // How requests are authenticated is the application's own.
    security: [{}],
    paths: Object.fromEntries(
      Object.entries(operations).map(([path, methods]) => [
        path.replaceAll(/:(\w+)/g, '{$1}'),
        Object.fromEntries(
          Object.entries(methods).map(([method, operation]) => [
            method.toLowerCase(),
            operationObject(path, operation),
          ]),
        ),
      ]),
    ),
    components: { schemas: schemas(definitions) },
  }
}

function schemas(definitions: readonly AnyTaskDefinition[]): Record<string, JsonSchema> {
  const converted = Object.entries({ ...requestSchemas, ...responseSchemas }).map(([name, schema]) => [
    name,
    toJsonSchema(schema, `${components}/${name}`),
  ])
  const inputs = definitions.map(({ type, input }) => {
    const name = inputName(type)
    return [name, { title: type, ...toJsonSchema(input, `${components}/${name}`) }]
  })
  return {
    ...Object.fromEntries(converted),
    ...Object.fromEntries(inputs),
    TaskInput: taskInput(definitions),
  }
}

/** A type's name is made of characters that the name of a component may have. */
function inputName(type: string): `input.${string}` {
  return `input.${type}`
}

/** With several types the field `type` chooses, and is no part of the input that the type's own schema describes. */
function taskInput(definitions: readonly AnyTaskDefinition[]): JsonSchema {
  const [only, ...others] = definitions
  if (only !== undefined && others.length === 0) return reference(inputName(only.type))
  return {
    type: 'object',
    required: ['type'],
    properties: { type: { enum: definitions.map(({ type }) => type) } },
    description: `The fields of the type's input, beside the type: ${definitions
      .map(({ type }) => `${components}/${inputName(type)}`)
      .join(', ')}.`,
  }
}

function operationObject(path: string, operation: Operation): object {
  const { summary, parameters = [], body, answers, errors } = operation
  const inPath = Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const given = parameters.map(({ name, at, description, schema }) => ({ name, in: at, description, schema }))
  return {
    summary,
    parameters: [...inPath, ...given],
    ...(body && {
      requestBody: { required: body.required, content: json(reference(body.schema)) },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          { description: answer.description, ...(answer.content && { content: contentOf(answer.content) }) },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(errors).map(([status, codes]) => [
          status,
          { description: codes.join(', '), content: json(reference('ErrorBody')) },
        ]),
      ),
    },
  }
}

function contentOf(content: NonNullable<Operation['answers'][string]['content']>): object {
  if (content === 'stream') return { 'text/event-stream': { schema: { type: 'string' } } }
  if (content === 'TaskList') return json(reference(content))
  const data = content === 'OpenApi' ? null : reference(content)
  if (data === null) return json({ type: 'object' })
  return json({
    type: 'object',
    required: ['success', 'data'],
    properties: { success: { const: true }, data },
  })
}

function json(schema: JsonSchema): object {
  return { 'application/json': { schema } }
}

function reference(
  name: keyof RequestSchemas | keyof ResponseSchemas | 'TaskInput' | `input.${string}`,
): JsonSchema {
  return { $ref: `${components}/${name}` }
}
