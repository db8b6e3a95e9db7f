import { watchOthers } from './machine-load.mjs'
import { cpuMicros } from './measure-writing.mjs'
import { runHost } from './run-host.mjs'

/**
 * @typedef {import('./workload.mjs').Measurement} Measurement
 * @typedef {object} Results
 * @property {ReadonlyMap<string, Measurement>[]} rounds By case name.
 * @property {number | null} othersShare Share of the machine's CPU that other programs used meanwhile.
 */

/**
 * Measures every case once per round. The cases take turns, each in a process of its own, and every round begins at
 * another one: what slows the machine down for a while meets all of them.
 *
 * @param {string} name
 * @param {import('./workload.mjs').Workload} workload
 * @param {{ rounds: number, quick: boolean, directory: string, say: (progress: string) => void }} options
 * @returns {Promise<Results>}
 */
export async function runWorkload(name, workload, { rounds: usual, quick, directory, say }) {
  const ownBefore = cpuMicros()
  const othersSince = watchOthers()
  let hostsMicros = 0
  /** @param {string} caseName */
  const host = async (caseName) => {
    const { measured, processCpuMicros } = await runHost([
      name,
      caseName,
      directory,
      ...(quick ? ['--quick'] : []),
    ])
    hostsMicros += processCpuMicros
    return measured
  }

  if (workload.prepare !== undefined) await host('prepare')
  const cases = workload.cases(quick)
  const wanted = workload.rounds?.(usual) ?? usual
  /** @type {Results['rounds']} */
  const rounds = []
  for (let round = 0; round < wanted; round++) {
    const measured = new Map()
    const start = (round * 3) % cases.length
    for (const { name: caseName } of [...cases.slice(start), ...cases.slice(0, start)]) {
      say(`${name}, round ${round + 1} of ${wanted}: ${caseName}`)
      measured.set(caseName, await host(caseName))
    }
    rounds.push(measured)
  }
  return { rounds, othersShare: othersSince(hostsMicros + cpuMicros() - ownBefore) }
}
