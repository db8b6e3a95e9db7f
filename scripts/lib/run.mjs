import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The checkout's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Nothing that these scripts start reports to anybody or asks for newer versions of itself. */
const quiet = {
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  NO_UPDATE_NOTIFIER: '1',
}

/**
 * Runs a program in the checkout and waits for its end.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {{ env?: Record<string, string>, capture?: boolean, cwd?: string }} [options] `capture` gathers stdout and
 *   stderr instead of showing them.
 * @returns {Promise<{ code: number, output: string }>} A program that cannot be started or dies of a signal has code 1.
 */
export function run(program, programArguments, { env = {}, capture = false, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, programArguments, {
      cwd,
      env: { ...process.env, ...quiet, ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    })
    let output = ''
    const gather = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString('utf8')
    }
    child.stdout?.on('data', gather)
    child.stderr?.on('data', gather)
    child.once('error', (error) => resolve({ code: 1, output: `${program}: ${error.message}` }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Runs npm: the one that started this script where there is one, which needs no shell on Windows.
 *
 * @param {readonly string[]} npmArguments
 * @param {Parameters<typeof run>[2]} [options]
 */
export function npm(npmArguments, options) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('.js')
    ? run(process.execPath, [cli, ...npmArguments], options)
    : run('npm', npmArguments, options)
}

/**
 * Runs the program that an installed package brings under `node_modules/.bin`.
 *
 * @param {string} name
 * @param {readonly string[]} binArguments
 * @param {Parameters<typeof run>[2]} [options]
 */
export function bin(name, binArguments, options) {
  return npm(['exec', '--offline', '--', name, ...binArguments], options)
}
