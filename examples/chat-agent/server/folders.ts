import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The nearest folder that holds `name`, from `from` upwards; `null` up to the root. */
function nearest(from: string, name: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return folder
    if (folder === dirname(folder)) return null
  }
}

/** The example's own folder: the same from the sources and from the bundle. */
export const exampleFolder: string =
  nearest(dirname(fileURLToPath(import.meta.url)), 'package.json') ?? process.cwd()

/** The checkout that the agent works on: `CHECKOUT`, or the repository that the example stands in. */
export function checkoutFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env.CHECKOUT || nearest(exampleFolder, '.git') || exampleFolder
}
