// `npm run demo`: installs what is missing, builds, and serves the chat example.
// `npm run demo -- --check`: makes the example's round trip without a screen and exits 0 if all of it holds.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './lib/build.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { root } from './lib/run.mjs'

const usage = `Usage: npm run demo [-- --check | --help]

  (nothing)  installs what is missing, builds, and serves the chat example; prints its address
  --check    makes the same trip without a screen; exits 0 if all of it holds
  --help     prints this

Environment: PORT, HOST, CHECKOUT, RECORDING, MODEL and the keys of model providers; see examples/chat-agent/README.md.`

function readOptions() {
  try {
    return parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
      .values
  } catch (thrown) {
    const [sentence] = String(thrown instanceof Error ? thrown.message : thrown).split('. ')
    console.error(`${sentence}.\n\n${usage}`)
    process.exit(1)
  }
}

const { check, help } = readOptions()
if (help) {
  console.log(usage)
  process.exit(0)
}

await ensureInstall()
await build(['@outlast/example-chat-agent'])

const entry = join(root, 'examples/chat-agent/dist/server', check ? 'check.js' : 'main.js')
const server = spawn(process.execPath, [entry], { cwd: root, stdio: 'inherit' })
// Ctrl-C reaches the server by itself, as it does every process of the terminal; a plain kill does not.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.once('close', (code, signal) => {
  if (signal !== null) console.error(`The demo's server was ended by ${signal}.`)
  process.exit(code ?? 1)
})
