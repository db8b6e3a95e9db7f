import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { routeTable } from '../../src/http/match-route.ts'
import { openApi } from '../../src/http/openapi.ts'
import { operations } from '../../src/http/openapi-operations.ts'
import { defineTask } from '../../src/index.ts'
import type { RequestErrorCode } from '../../src/protocol/index.ts'
import { type ResponseSchemas, responseSchemas } from '../../src/schemas/index.ts'
import { until } from '../support/test-manager.ts'
import { routeWorld } from './route-world.ts'

type Tree = z.ZodType & { _zod: unknown }
const tree: Tree = z.object({ name: z.string(), children: z.lazy(() => z.array(tree)) }) as unknown as Tree

describe('GET /openapi.json', () => {
  it('is a valid OpenAPI 3.1 document, for whoever is signed in', async () => {
    const { ask, handler } = routeWorld()
    const { status, body } = await ask('GET', '/openapi.json')
    expect(status).toBe(200)
    expect(body.openapi).toMatch(/^3\.1\./)
    const validator = new Validator()
    expect(await validator.validate(body)).toEqual({ valid: true })
    expect(() => validator.resolveRefs()).not.toThrow()
    expect(body.servers).toEqual([{ url: '/api/tasks' }])
    const nobody = await handler.fetch(new Request('http://tasks.test/api/tasks/openapi.json'))
    expect(nobody.status).toBe(401)
  })

  it('has every route and no other', async () => {
    const named = (table: object) =>
      Object.entries(table).map(([path, methods]) => [path, Object.keys(methods).sort()])
    expect(named(operations)).toEqual(named(routeTable))
    const { paths } = (await routeWorld().ask('GET', '/openapi.json')).body
    expect(Object.keys(paths)).toContain('/{id}/tools/{tool_id}/cancel')
    expect(
      paths['/{id}/tools/{tool_id}/cancel'].post.parameters.map(({ name }: { name: string }) => name),
    ).toEqual(['id', 'tool_id'])
  })

  it('tells of every task type’s input, and of a code for each refusal', async () => {
    const { body } = await routeWorld().ask('GET', '/openapi.json')
    const { schemas } = body.components
    expect(schemas['input.chat'].properties).toHaveProperty('run_mode')
    expect(schemas['input.job'].properties).toMatchObject({ name: { type: 'string' }, at: {} })
    expect(schemas.TaskInput.properties.type.enum).toEqual(['chat', 'job'])
    const codes = new Set<RequestErrorCode>(
      Object.values(operations).flatMap((methods) =>
        Object.values(methods).flatMap(({ errors }) => Object.values(errors).flat()),
      ),
    )
    const everywhere: RequestErrorCode[] = ['route_not_found', 'method_not_allowed']
    expect([...codes, ...everywhere]).toEqual(expect.arrayContaining(schemas.ErrorBody.properties.code.enum))
  })

  it('keeps the references of a schema that holds itself within it', async () => {
    const forest = defineTask({
      type: 'forest',
      input: z.object({ root: tree, again: tree }),
      run: () => null,
    })
    const document = JSON.parse(openApi(new Map([['forest', forest]]))(''))
    expect(document.servers).toEqual([{ url: '/' }])
    expect(document.components.schemas.TaskInput).toEqual({ $ref: '#/components/schemas/input.forest' })
    const validator = new Validator()
    expect(await validator.validate(document)).toEqual({ valid: true })
    for (const [, path] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = path
        ?.split('/')
        .reduce((at: Record<string, never> | undefined, name) => at?.[name], document)
      expect(found, path).toBeDefined()
    }
  })

  it('leaves open what a schema of another library says', async () => {
    const foreign = { safeParse: () => ({}), safeParseAsync: async () => ({}) } as unknown as z.ZodType
    const strange = { type: 'strange', input: foreign, run: () => null }
    const document = JSON.parse(openApi(new Map([['strange', strange]]))('/api'))
    expect(document.components.schemas['input.strange']).toEqual({ title: 'strange' })
  })
})

describe('what the routes really answer', () => {
  /** Passes only what has every field of the schema and no other. */
  function expectShape(name: keyof ResponseSchemas, value: unknown): void {
    expect(responseSchemas[name].parse(value)).toEqual(value)
  }

  it('fits the schemas, with nothing left over', async () => {
    const { ask, createUntil, manager } = routeWorld({ authorizeAdmin: () => true })
    const asking = await createUntil('ask', 'input_request')
    expectShape('EventPage', (await ask('GET', `/${asking}`)).body.data)
    expectShape('TaskList', (await ask('GET', '/')).body)
    const conflict = await ask('POST', '/', { body: { type: 'chat', message: 'x' } })
    expect(conflict.body.task.task_id).toBe(asking)
    expectShape('ErrorBody', conflict.body)
    const answer = { id: 'size', value: { size: 1 } }
    expectShape('ErrorBody', (await ask('POST', `/${asking}/input`, { body: { id: 7 } })).body)
    expectShape('InputAnswer', (await ask('POST', `/${asking}/input`, { body: answer })).body.data)
    await until(async () => (await manager.get(asking))?.status === 'succeeded')

    const headers = { 'idempotency-key': 'k1' }
    const body = { type: 'chat', message: 'tool' }
    const created = await ask('POST', '/', { body, headers })
    expectShape('TaskCreated', created.body.data)
    const repeated = await ask('POST', '/', { body, headers })
    expect(repeated.body.data.repeated).toBe(true)
    expectShape('TaskCreated', repeated.body.data)
    const id: string = created.body.data.task_id
    await until(
      async () => (await manager.read(id))?.events.some((text) => text.includes('tool_start')) ?? false,
    )
    expectShape('ToolCancelAnswer', (await ask('POST', `/${id}/tools/t%2F1/cancel`)).body.data)
    expectShape('ActiveCancelAnswer', (await ask('POST', '/cancel')).body.data)
    expectShape('CancelAnswer', (await ask('POST', `/${id}/cancel`)).body.data)
    await until(async () => (await manager.get(id))?.finishedAt !== null)
    const ended = await ask('GET', `/${id}?snapshot=blocks@1`)
    expectShape('EventPage', ended.body.data)
    const { events, next_offset, first_idx, epoch, ...rest } = ended.body.data
    const { up_to_date, truncated, poll_interval_ms, viewer, snapshot, ...info } = rest
    expectShape('TaskInfo', info)
    expectShape('ServerStats', (await ask('GET', '/stats')).body.data)
    expectShape('TaskDeleted', (await ask('DELETE', `/${id}`)).body.data)
    expectShape('ActiveCancelAnswer', (await ask('POST', '/cancel')).body.data)
    expectShape('ErrorBody', (await ask('GET', '/unknown')).body)
  })
})
