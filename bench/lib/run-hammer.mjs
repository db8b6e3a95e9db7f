import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { addChildMicros } from './child-time.mjs'
import { cpuMicros } from './measure-writing.mjs'

const hammer = fileURLToPath(new URL('./hammer.mjs', import.meta.url))

/**
 * Has a process of its own ask a server of this process for a page, as fast as both can.
 *
 * @param {{ port: number, path: string, measureMs: number, warmUpAnswers: number }} options
 * @returns {Promise<{ requestsPerSecond: number, cpuMicros: number }>} CPU time of this process per request.
 */
export async function runHammer({ port, path, measureMs, warmUpAnswers }) {
  const times = [measureMs, warmUpAnswers].map(String)
  const child = spawn(process.execPath, [hammer, String(port), path, ...times], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let cpuBefore = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line)
    if (said.warm) cpuBefore = cpuMicros()
    else {
      const { answers, ms, spentMicros } = said
      addChildMicros(spentMicros)
      return {
        requestsPerSecond: (answers * 1_000) / ms,
        cpuMicros: (cpuMicros() - cpuBefore) / answers,
      }
    }
  }
  throw new Error('The load has ended without an answer.')
}
