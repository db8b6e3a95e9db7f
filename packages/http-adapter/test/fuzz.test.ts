import { fork } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BundledWorker, bundleWorker } from '../../../test/support/bundle-worker.ts'
import type { FuzzReport } from './fuzz/fuzz-worker.ts'

const runs = Number(process.env.FUZZ_RUNS ?? 10_000)
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
/** A leak of one object per request would be more. */
const heapBound = 8 * 1_048_576 + runs * 10

describe(`${runs} hostile requests (FUZZ_SEED=${seed})`, () => {
  let worker: BundledWorker
  let report: FuzzReport

  beforeAll(
    async () => {
      worker = await bundleWorker(new URL('./fuzz/fuzz-worker.ts', import.meta.url))
      report = await new Promise<FuzzReport>((resolve, reject) => {
        const child = fork(worker.path, [String(runs), String(seed)], { execArgv: ['--expose-gc'] })
        child.once('message', (message) => resolve(message as FuzzReport))
        child.once('error', reject)
        child.once('exit', (code, signal) => reject(new Error(`the worker ended early: ${code ?? signal}`)))
      })
    },
    60_000 + runs * 10,
  )

  afterAll(() => worker.dispose())

  it('are answered without a 5xx, in JSON that fits the schema of errors, with headers that are headers', () => {
    expect(report.counterexample).toBeNull()
  })

  it('leave no failure, no rejection and no exception behind', () => {
    expect(report.failures).toEqual([])
  })

  it('reach the routes: there are answers of every kind', () => {
    for (const status of [200, 202, 204, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429]) {
      expect(report.statuses, `status ${status}`).toHaveProperty(String(status))
    }
  })

  it('come with sockets that are sent whole messages, and nothing after their end', () => {
    for (const answer of ['status', 'events', 'end', 'pong', 'error', '4401', '4403']) {
      expect(report.socketAnswers, answer).toHaveProperty(answer)
    }
  })

  it('leave a server that answers, with the memory it had before', () => {
    expect(report.stillAnswers).toBe(true)
    expect(report.heapGrowth).toBeLessThan(heapBound)
  })
})
