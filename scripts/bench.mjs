// `npm run bench [-- --quick | --only NAMES | --rounds N | --help]`: installs what is missing, builds, and measures.
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { root, run } from './lib/run.mjs'

await ensureInstall()
await build(['@outlast/core', '@outlast/http-adapter'])
const { code } = await run(process.execPath, [join(root, 'bench/run.mjs'), ...process.argv.slice(2)])
process.exit(code)
