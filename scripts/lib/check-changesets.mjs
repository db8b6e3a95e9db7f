import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedPackages } from './packages.mjs'
import { root } from './run.mjs'

const shape = /^---\n(?<bumps>[\s\S]*?)\n---\n(?<text>[\s\S]*)$/
const bump = /^['"](?<name>[^'"]+)['"]: (?:major|minor|patch)$/

/**
 * What is wrong with the changesets: unknown packages or sizes, no text for users, or a package that was never
 * released and has none.
 *
 * @returns {string[]} One sentence per problem.
 */
export function changesetProblems() {
  const directory = join(root, '.changeset')
  const packages = publishedPackages()
  const known = new Set(packages.map(({ name }) => name))
  const announced = new Set()
  const problems = []
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
    const { bumps = '', text = '' } = shape.exec(readFileSync(join(directory, file), 'utf8'))?.groups ?? {}
    for (const line of bumps.split('\n')) {
      const name = bump.exec(line)?.groups?.name
      if (name === undefined || !known.has(name)) {
        problems.push(`${file}: "${line}" should be like '@outlast/core': minor.`)
      } else announced.add(name)
    }
    if (text.trim() === '') problems.push(`${file} says nothing to the users.`)
  }
  for (const { name, version } of packages) {
    if (version === '0.0.0' && !announced.has(name)) problems.push(`No changeset announces ${name}.`)
  }
  return problems
}
