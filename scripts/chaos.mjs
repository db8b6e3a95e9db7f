// `npm run chaos [-- ROUNDS]`: kills and stops real processes on one SQLite file, 100 rounds of each kind by default.
// CHAOS_SEED repeats a run; its seed stands in the names of the tests.
import { ensureInstall } from './lib/ensure-install.mjs'
import { bin } from './lib/run.mjs'

const rounds = process.argv[2] ?? '100'
await ensureInstall()
const { code } = await bin('vitest', ['run', 'packages/core/test/crash'], { env: { CHAOS_ROUNDS: rounds } })
process.exit(code)
