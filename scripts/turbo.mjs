// `npm run build` and `npm run typecheck`: turbo, without its telemetry and its search for updates.
import { bin } from './lib/run.mjs'

const { code } = await bin('turbo', ['run', ...process.argv.slice(2)])
process.exit(code)
