// `npm run chaos [-- ROUNDS]`: kills and stops real processes on one SQLite file, 100 rounds of each kind by default, and
// takes 100,000 tasks through SQLite; sends 1,000 hostile requests for each round.
// CHAOS_SEED and FUZZ_SEED repeat a run; the seeds stand in the names of the tests.
import { ensureInstall } from './lib/ensure-install.mjs'
import { bin } from './lib/run.mjs'

const rounds = process.argv[2] ?? '100'
await ensureInstall()
const tests = [
  'packages/core/test/crash',
  'packages/core/test/properties/retention-load.test.ts',
  'packages/http-adapter/test/fuzz.test.ts',
]
const env = { CHAOS_ROUNDS: rounds, FUZZ_RUNS: String(Number(rounds) * 1_000) }
const { code } = await bin('vitest', ['run', ...tests], { env })
process.exit(code)
