// The process in which one case is measured once: `node --expose-gc lib/host.mjs WORKLOAD CASE DIRECTORY [--quick]`.
// Its answer is one line of JSON. With `prepare` for the case it makes the workload's files instead.
import { writeSync } from 'node:fs'
import { argv, cpuUsage, exit, kill, pid } from 'node:process'
import { childMicros } from './child-time.mjs'

const [workloadName = '', caseName = '', directory = '', quick] = argv.slice(2)
/** Alone, so that a process holds no code but its own. @type {{ workload: import('./workload.mjs').Workload }} */
const { workload } = await import(`../workloads/${workloadName}.mjs`)

const isQuick = quick === '--quick'
const measured = caseName === 'prepare' ? await workload.prepare?.(directory, isQuick) : await measure()

const { user, system } = cpuUsage()
writeSync(
  1,
  `${JSON.stringify({ measured: measured ?? {}, processCpuMicros: user + system + childMicros() })}\n`,
)
if (workload.dies) kill(pid, 'SIGKILL')
exit(0)

function measure() {
  const found = workload.cases(isQuick).find(({ name }) => name === caseName)
  if (found === undefined) throw new Error(`"${workloadName}" has no case "${caseName}".`)
  return found.measure(directory)
}
