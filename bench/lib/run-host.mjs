import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const host = fileURLToPath(new URL('./host.mjs', import.meta.url))

/**
 * Measures one case in a process of its own.
 *
 * @param {readonly string[]} hostArguments See `host.mjs`.
 * @returns {Promise<{ measured: import('./workload.mjs').Measurement, processCpuMicros: number }>}
 */
export function runHost(hostArguments) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', host, ...hostArguments], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    let output = ''
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      output += chunk.toString('utf8')
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      // Some end themselves by a signal, after their answer.
      if (output.endsWith('}\n')) resolve(JSON.parse(output))
      else reject(new Error(`${hostArguments.join(' ')} ended with ${code ?? signal} and no answer.`))
    })
  })
}
