/** CPU time of this process, garbage collection and compilation included, in µs. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/**
 * Has a contender write the same again and again, into new tasks each time: first until it is warm, then measured.
 *
 * @param {import('../contenders/contender.mjs').Contender} contender
 * @param {import('../contenders/contender.mjs').Writing} writing
 * @param {{ warmMs: number, ms: number }} times CPU time, so that a busy machine does not make them shorter.
 */
export async function measureWriting(contender, writing, { warmMs, ms }) {
  const events = writing.scripts.reduce((sum, script) => sum + script.length, 0)
  const total = { events: 0, cpuMicros: 0, ms: 0 }
  for (let warmedMicros = 0; total.cpuMicros < ms * 1_000; ) {
    const write = await contender.prepare(writing)
    const began = performance.now()
    const beganCpu = cpuMicros()
    await write()
    const tookCpu = cpuMicros() - beganCpu
    const tookMs = performance.now() - began
    if (warmedMicros < warmMs * 1_000) {
      warmedMicros += tookCpu
      continue
    }
    total.events += events
    total.cpuMicros += tookCpu
    total.ms += tookMs
  }
  return {
    eventsPerSecond: (total.events / total.ms) * 1_000,
    cpuMicrosPerEvent: total.cpuMicros / total.events,
  }
}
