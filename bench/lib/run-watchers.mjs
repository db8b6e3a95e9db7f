import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const watchers = fileURLToPath(new URL('./watchers.mjs', import.meta.url))

/** @typedef {{ received: number, disordered: number, p50Micros: number }} Report What has arrived since the last `record`. */

/** A process that watches tasks of this one. See `watchers.mjs`. */
export function startWatchers() {
  const child = fork(watchers, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    /** @param {import('./watchers.mjs').Command} command @returns {Promise<Report>} */
    async ask(command) {
      child.send(command)
      const [report] = await once(child, 'message')
      return report
    },
    stop: () => child.kill(),
  }
}
