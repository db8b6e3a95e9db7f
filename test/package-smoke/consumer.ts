import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishedPackages } from '../../scripts/lib/packages.mjs'
import { npm, root, run } from '../../scripts/lib/run.mjs'

/** A folder of a user's own, outside the checkout, in which the packed packages are installed. */
export interface Consumer {
  directory: string
  /** Writes files and runs one of them with Node; throws with its output if it fails. */
  node(files: Record<string, string>, entry: string): Promise<string>
  /** Writes files and runs TypeScript on them, the declarations of the packages included; '' if all is well. */
  typecheck(files: Record<string, string>, compilerOptions: Record<string, unknown>): Promise<string>
  /** Installs development dependencies at the versions of this checkout. */
  install(...names: string[]): Promise<void>
  /** Writes files and runs vitest on them. */
  vitest(files: Record<string, string>): Promise<VitestResult>
  remove(): Promise<void>
}

/** What a run of vitest came to. */
interface VitestResult {
  code: number
  tests: readonly { fullName: string; status: 'passed' | 'failed' | 'skipped' }[]
}

const typescript = createRequire(import.meta.url).resolve('typescript/bin/tsc')

async function succeed(running: ReturnType<typeof run>): Promise<string> {
  const { code, output } = await running
  if (code !== 0) throw new Error(output)
  return output
}

/** Packs the built packages and installs them with their dependencies, and Node's types, into an empty folder. */
export async function createConsumer(): Promise<Consumer> {
  const directory = await mkdtemp(join(tmpdir(), 'outlast-consumer-'))
  const write = (files: Record<string, string>) =>
    Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))

  const packages = publishedPackages()
  const workspaces = packages.map((published) => `--workspace=${published.directory}`)
  await succeed(npm(['pack', `--pack-destination=${directory}`, ...workspaces], { capture: true }))
  const tarballs = packages.map(({ name, version }) => `${name.slice(1).replace('/', '-')}-${version}.tgz`)
  const manifestOf = async (directory: string) =>
    JSON.parse(await readFile(join(root, directory, 'package.json'), 'utf8'))
  const { devDependencies } = await manifestOf('')
  // What some entries load, or name in their types; the others need nothing of it.
  const manifests = await Promise.all(['packages/http-adapter', 'packages/client'].map(manifestOf))
  const loaded = manifests.flatMap(({ peerDependencies, devDependencies }) =>
    [...Object.keys(peerDependencies), '@types/react']
      .filter((name) => name in devDependencies)
      .map((name) => [name, devDependencies[name]]),
  )
  await write({
    'package.json': JSON.stringify({
      private: true,
      dependencies: Object.fromEntries([
        ...packages.map(({ name }, index) => [name, `file:${tarballs[index]}`]),
        ...loaded,
      ]),
      devDependencies: { '@types/node': devDependencies['@types/node'] },
    }),
  })
  const npmInstall = async (...added: string[]): Promise<void> => {
    // The scripts start vitest through `npm exec --offline`, whose setting a child would inherit.
    const quiet = ['--offline=false', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
    await succeed(npm(['install', ...quiet, ...added], { cwd: directory, capture: true }))
  }
  await npmInstall()

  return {
    directory,
    async node(files, entry) {
      await write(files)
      return succeed(run(process.execPath, [entry], { cwd: directory, capture: true }))
    },
    async typecheck(files, compilerOptions) {
      const config = { compilerOptions: { ...compilerOptions, noEmit: true }, files: Object.keys(files) }
      await write({ ...files, 'tsconfig.json': JSON.stringify(config) })
      const { output } = await run(process.execPath, [typescript], { cwd: directory, capture: true })
      return output
    },
    install: (...names) =>
      npmInstall('--save-dev', ...names.map((name) => `${name}@${devDependencies[name]}`)),
    async vitest(files) {
      await write(files)
      const report = join(directory, 'vitest.json')
      const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${report}`]
      const { code } = await run(process.execPath, [...vitest, ...Object.keys(files)], {
        cwd: directory,
        capture: true,
      })
      const { testResults } = JSON.parse(await readFile(report, 'utf8'))
      return {
        code,
        tests: testResults.flatMap((file: { assertionResults: unknown }) => file.assertionResults),
      }
    },
    remove: () => rm(directory, { recursive: true }),
  }
}
