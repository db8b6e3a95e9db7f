import { readFileSync } from 'node:fs'

/** Whether a process lives. A zombie does not: it only waits to be counted by its parent. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'ENOENT') return false
    throw thrown
  }
}
