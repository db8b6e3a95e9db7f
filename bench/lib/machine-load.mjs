import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Ticks of /proc/stat per second. */
const ticksPerSecond = 100

/** CPU time that the whole machine has spent, in µs; `null` where there is no /proc. */
function busyMicros() {
  let line
  try {
    line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number)
  return (user + nice + system + irq + softirq) * (1_000_000 / ticksPerSecond)
}

/**
 * Begins to watch what other programs do meanwhile.
 *
 * @returns Given the CPU time of the benchmark's own processes in µs, the others' share of the machine; `null` if unknown.
 */
export function watchOthers() {
  const busyBefore = busyMicros()
  const began = performance.now()
  return (/** @type {number} */ ownMicros) => {
    const busyAfter = busyMicros()
    if (busyBefore === null || busyAfter === null) return null
    const capacity = (performance.now() - began) * 1_000 * cpus().length
    return Math.max(0, (busyAfter - busyBefore - ownMicros) / capacity)
  }
}
