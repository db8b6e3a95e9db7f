import { bin } from './run.mjs'

/**
 * Builds the workspace through turbo, which skips what has not changed, and ends the process if that fails.
 *
 * @param {readonly string[]} [filters] Package names; their dependencies are built too. Default: everything.
 */
export async function build(filters = []) {
  const { code } = await bin('turbo', [
    'run',
    'build',
    '--output-logs=errors-only',
    ...filters.map((name) => `--filter=${name}`),
  ])
  if (code !== 0) {
    console.error('The build failed; its output is above.')
    process.exit(code)
  }
}
