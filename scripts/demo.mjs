// `npm run demo`: installs what is missing, builds, and serves the chat example.
// `npm run demo -- --check`: makes the example's round trip without a screen and exits 0 if all of it holds.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { root } from './lib/run.mjs'

const check = process.argv.includes('--check')
const rest = process.argv.slice(2).filter((argument) => argument !== '--check')
const entry = join(root, 'examples/chat-agent/dist/server', check ? 'check.js' : 'main.js')

await ensureInstall()
await build(['@outlast/example-chat-agent'])

const server = spawn(process.execPath, [entry, ...rest], { cwd: root, stdio: 'inherit' })
// Ctrl-C reaches the server by itself, as it does every process of the terminal; a plain kill does not.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.once('close', (code) => process.exit(code ?? 1))
