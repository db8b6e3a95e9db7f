import { publishedPackages } from './scripts/lib/packages.mjs'

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'Outlast',
  plugin: ['typedoc-plugin-markdown', './scripts/lib/typedoc-module-names.mjs'],
  entryPoints: publishedPackages().flatMap(({ subpaths }) => subpaths.map(({ source }) => source)),
  // One program for browser and server code, whose globals differ: types are checked by `npm run typecheck`.
  tsconfig: 'tsconfig.docs.json',
  skipErrorChecking: true,
  out: 'docs/reference',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  gitRevision: 'main',
  treatWarningsAsErrors: true,
}
