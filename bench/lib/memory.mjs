import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes that this process holds in V8's heap and beside it, after collecting garbage. Needs `--expose-gc`. */
export async function usedBytes() {
  if (globalThis.gc === undefined) throw new Error('Memory is measured with node --expose-gc.')
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc()
    // What is freed in one turn may have held something that only the next one can free.
    await sleep(30)
  }
  const { heapUsed, external } = process.memoryUsage()
  // The bytes of array buffers are part of `external`.
  return heapUsed + external
}
