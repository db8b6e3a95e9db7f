import { relative } from 'node:path'
import { Converter } from 'typedoc'
import { publishedPackages } from './packages.mjs'
import { root } from './run.mjs'

/**
 * A TypeDoc plugin: calls each module what users import (`@outlast/core/blocks`), not after its source file.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  const names = new Map(
    publishedPackages().flatMap(({ subpaths }) => subpaths.map(({ name, source }) => [source, name])),
  )
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const file = project.getSymbolIdFromReflection(module)?.fileName
      const name = file === undefined ? undefined : names.get(relative(root, file))
      if (name !== undefined) module.name = name
    }
  })
}
