/**
 * What takes part in the workloads that push events to watchers.
 *
 * @typedef {object} PushServer
 * @property {import('node:http').Server} server
 * @property {(count: number) => Promise<string[]>} open Begins so many tasks; resolves with their ids.
 * @property {(id: string) => import('../lib/watchers.mjs').Watch} watch How a task is watched.
 * @property {(id: string, event: import('../lib/scripts.mjs').ScriptEvent) => void} emit
 */
export {}
