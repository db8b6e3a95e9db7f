import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/**
 * @typedef {object} Subpath One published entry of a package.
 * @property {string} name What users import: `@outlast/core/blocks`.
 * @property {string} source Its source, from the root: `packages/core/src/blocks/index.ts`.
 * @property {boolean} cjs Whether CommonJS may load it too.
 * @typedef {object} PublishedPackage
 * @property {string} name
 * @property {string} version
 * @property {string} directory From the root: `packages/core`.
 * @property {Subpath[]} subpaths
 */

/**
 * The published packages, as their manifests describe them.
 *
 * @returns {PublishedPackage[]}
 */
export function publishedPackages() {
  return readdirSync(join(root, 'packages')).map((folder) => {
    const directory = `packages/${folder}`
    const { name, version, exports } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
    const subpaths = Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === 'string'
        ? []
        : [
            {
              name: name + subpath.slice(1),
              source: join(directory, target['@outlast/source']),
              cjs: 'require' in target,
            },
          ],
    )
    return { name, version, directory, subpaths }
  })
}
