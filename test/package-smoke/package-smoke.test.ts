import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedPackages } from '../../scripts/lib/packages.mjs'
import { type Consumer, createConsumer } from './consumer.ts'

const packages = publishedPackages()
const subpaths = packages.flatMap((published) => published.subpaths)
const names = subpaths.map(({ name }) => name)
/** What CommonJS may load too. The rest needs vitest, which is installed for the last tests only, or Pinia, ESM itself. */
const cjsNames = subpaths.filter(({ cjs }) => cjs).map(({ name }) => name)

/** One real task, created and read to its end; `load` writes an `import()` or a `require`. */
const program = (load: (name: string) => string) => `
const { TaskManager, defineTask } = ${load('@outlast/core')}
const { reduceEvents, initialBlocks } = ${load('@outlast/client/blocks')}
const { z } = ${load('zod')}
const greet = defineTask({
  type: 'greet',
  input: z.object({ name: z.string() }),
  run({ input, emit }) {
    emit('text_start', {})
    emit('text_chunk', { content: 'Hello ' + input.name })
    emit('text_end', {})
    return { length: input.name.length }
  },
})
const manager = new TaskManager({ tasks: [greet] })
const handle = await manager.create({ userId: 'u1', input: { name: 'Ada' } })
const { status } = await handle.finished()
const page = await manager.read(handle.id, { from: 0 })
const { blocks } = reduceEvents(initialBlocks, page.events.map((text) => JSON.parse(text)))
const refused = await manager.create({ userId: 'u1', input: { name: 7 } }).catch((error) => error)
await manager.close()
console.log(JSON.stringify({ status, text: blocks.map(({ content }) => content), code: refused.code }))
`

/** The whole test file of a store's author. */
const storeTest = (makeStore: string) => `import { memoryStore } from '@outlast/core'
import { runTaskStoreConformance } from '@outlast/core/testing'

runTaskStoreConformance('memoryStore', () => {
  let time = Date.now()
  const store = ${makeStore}
  const clock = { now: () => time, advance: (ms: number) => void (time += ms) }
  return { store, clock, dispose: () => store.close() }
})
`

describe('the packed packages, installed into an empty folder', () => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await createConsumer()
  }, 180_000)
  afterAll(() => consumer?.remove())

  it('load at every subpath but those that are ESM only from ESM and from CJS, with the same names', async () => {
    const list = JSON.stringify(cjsNames)
    const output = await consumer.node(
      {
        'load.mjs': `
          import { createRequire } from 'node:module'
          const require = createRequire(import.meta.url)
          const loaded = {}
          for (const name of ${list}) {
            const namesOf = (module) => Object.keys(module).filter((key) => key !== 'default' && key !== 'module.exports').sort()
            loaded[name] = { esm: namesOf(await import(name)), cjs: namesOf(require(name)) }
          }
          console.log(JSON.stringify(loaded))`,
      },
      'load.mjs',
    )
    const loaded: Record<string, { esm: string[]; cjs: string[] }> = JSON.parse(output)
    expect(names.filter((name) => !cjsNames.includes(name))).toEqual([
      '@outlast/client/pinia',
      '@outlast/core/testing',
    ])
    for (const name of cjsNames) {
      expect(loaded[name]?.esm, name).not.toHaveLength(0)
      expect(loaded[name]?.cjs, name).toEqual(loaded[name]?.esm)
    }
  })

  it.each([
    ['ESM', 'task.mjs', (name: string) => `await import('${name}')`, (code: string) => code],
    [
      'CJS',
      'task.cjs',
      (name: string) => `require('${name}')`,
      (code: string) => `(async () => {${code}})()`,
    ],
  ])('run a real task from %s', async (_format, file, load, wrap) => {
    const output = await consumer.node({ [file]: wrap(program(load)) }, file)
    expect(JSON.parse(output)).toEqual({ status: 'succeeded', text: ['Hello Ada'], code: 'invalid_input' })
  })

  it('know an error of the ESM build in the CJS build', async () => {
    const output = await consumer.node(
      {
        'twins.mjs': `
          import { createRequire } from 'node:module'
          import { TaskError } from '@outlast/core'
          const twin = createRequire(import.meta.url)('@outlast/core').TaskError
          console.log(JSON.stringify([twin === TaskError, twin.is(new TaskError('invalid_input', 'x'), 'invalid_input')]))`,
      },
      'twins.mjs',
    )
    expect(JSON.parse(output)).toEqual([false, true])
  })

  // `skipLibCheck` is off: a declaration that names what a user has not installed fails here.
  it.each([
    ['Node, from ESM and CJS', ['types.mts', 'types.cts'], { module: 'node16', lib: ['ES2022'] }],
    ['a bundler', ['types.ts'], { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] }],
  ])(
    'have declarations that compile for %s',
    async (_consumer, files, compilerOptions) => {
      const program = (imported: readonly string[]): string => `
      ${imported.map((name, index) => `import * as entry${index} from '${name}'`).join('\n')}
      export const entries: unknown[] = [${imported.map((_, index) => `entry${index}`)}]
      import { TaskError } from '@outlast/core'
      // @ts-expect-error: were the types lost on the way, anything would do
      TaskError.is(1, 'no such code')`
      const errors = await consumer.typecheck(
        Object.fromEntries(files.map((file) => [file, program(file.endsWith('.cts') ? cjsNames : names)])),
        { ...compilerOptions, strict: true, target: 'es2022', types: ['node'] },
      )
      // Of the libraries that entries name, some need types of the browser, or others that they do not install.
      const ours = errors.split('\n').filter((line) => !/^(?: |$|node_modules\/(?!@outlast\/))/.test(line))
      expect(ours).toEqual([])
    },
    120_000,
  )

  it('hold the build, the sources, the licence and nothing else', () => {
    for (const { name } of packages) {
      const contents = readdirSync(join(consumer.directory, 'node_modules', name))
      expect(
        contents.filter((entry) => !/^(?:dist|src|LICENSE|README\.md|package\.json)$/.test(entry)),
      ).toEqual([])
      expect(contents).toEqual(expect.arrayContaining(['dist', 'src', 'LICENSE']))
    }
  })

  it('leave the client without a dependency that must be installed, and core unmentioned in what it ships', () => {
    const client = join(consumer.directory, 'node_modules/@outlast/client')
    const manifest = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'))
    expect(manifest.dependencies).toBeUndefined()
    const peers = Object.keys(manifest.peerDependencies)
    expect(peers.filter((name) => !manifest.peerDependenciesMeta[name]?.optional)).toEqual([])
    const built = readdirSync(join(client, 'dist'), { recursive: true, encoding: 'utf8' })
    const mentions = built
      .filter((file) => /\.(?:c?js|d\.c?ts)$/.test(file))
      .filter((file) => readFileSync(join(client, 'dist', file), 'utf8').includes('@outlast/core'))
    expect(mentions).toEqual([])
  })

  describe('the conformance kit of @outlast/core/testing, with vitest', () => {
    beforeAll(() => consumer.install('vitest'), 180_000)

    it('passes a sound store of an author who has the packages alone', async () => {
      const file = storeTest('memoryStore({ now: () => time })')
      expect(file.split('\n').length).toBeLessThan(20)
      const { code, tests } = await consumer.vitest({ 'store.test.ts': file })
      expect(tests.filter(({ status }) => status !== 'passed')).toEqual([])
      expect(tests.length).toBeGreaterThan(150)
      expect(code).toBe(0)
    }, 60_000)

    it('fails a store that goes by another clock', async () => {
      const { code, tests } = await consumer.vitest({ 'store.test.ts': storeTest('memoryStore()') })
      expect(code).not.toBe(0)
      expect(tests).toContainEqual(
        expect.objectContaining({
          status: 'failed',
          fullName: expect.stringContaining("goes by the harness's clock"),
        }),
      )
    }, 60_000)

    it('cannot be required, as vitest cannot', async () => {
      const program = `try { require('@outlast/core/testing') } catch ({ code }) { console.log(code) }`
      const output = await consumer.node({ 'testing.cjs': program }, 'testing.cjs')
      expect(output.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
    })
  })
})
