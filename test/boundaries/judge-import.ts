import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import type { publishedPackages } from '../../scripts/lib/packages.mjs'
import { roomOf } from './rooms.ts'

type Packages = ReturnType<typeof publishedPackages>

/** Every module that a file names: imports, re-exports, `import()` and `import('…')` types, and `require`. */
export function findImports(path: string, text: string): string[] {
  const scripts = path.endsWith('.vue')
    ? [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '')
    : [text]
  return scripts.flatMap((script) =>
    ts.preProcessFile(script, true, true).importedFiles.map(({ fileName }) => fileName),
  )
}

/** The folder that a file may not leave by a relative path: its package, its example, or the benchmark. */
function homeOf(path: string): string {
  return /^(?:(?:packages|examples)\/[^/]+|bench)\//.exec(path)?.[0] ?? ''
}

/**
 * Says why a file may not import a module, or `null` if it may.
 *
 * @param path The importing file, from the root.
 */
export function judgeImport(path: string, specifier: string, packages: Packages): string | null {
  const room = roomOf(path)
  const refused = (reason: string) => `${path} imports ${specifier}: ${reason}`
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(path), specifier))
    const [from, to] = [homeOf(path), homeOf(target)]
    // Tests and build files of a package may use the checkout's own tools, and tests of the whole look into the
    // examples; what is published may do neither.
    const tools = room === null && from.startsWith('packages/') && to === ''
    const wholeTests = path.startsWith('test/') && to.startsWith('examples/')
    if (from !== to && !tools && !wholeTests) {
      return refused('another package is entered by its published name')
    }
    if (room === null) return null
    const targetRoom = roomOf(target)
    if (targetRoom === null) return refused('sources import only sources')
    if (targetRoom === room) return null
    if (!room.may.includes(targetRoom.name)) return refused(`${room.name} may not import ${targetRoom.name}`)
    const door =
      typeof targetRoom.at !== 'string' || targetRoom.open === true || target === `${targetRoom.at}index.ts`
    return door ? null : refused(`${targetRoom.name} is entered by its index.ts`)
  }
  if (specifier.startsWith('@outlast/')) {
    const entry = packages.flatMap(({ subpaths }) => subpaths).find(({ name }) => name === specifier)
    if (entry === undefined) return refused('this is no published entry')
    const target = roomOf(entry.source)
    if (room === null || target === null) return null
    if (homeOf(entry.source) === homeOf(path)) return refused('its own package is imported by relative paths')
    return room.may.includes(target.name) ? null : refused(`${room.name} may not import ${target.name}`)
  }
  if (room === null) return null
  const name = specifier.startsWith('node:') ? 'node:' : specifier
  return room.may.includes(name) ? null : refused(`${room.name} may not import ${name}`)
}
