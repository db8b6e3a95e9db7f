import { builtPage } from './built-page.ts'
import { chooseAnswerer } from './choose-answerer.ts'
import { developmentPage } from './development-page.ts'
import { checkoutFolder } from './folders.ts'
import { databaseFile, openStore } from './open-store.ts'
import { portOf } from './port.ts'
import { type RunningServer, startServer } from './start-server.ts'

const usualPort = 3000
const drainMs = 2_000

async function start(): Promise<RunningServer> {
  const { env } = process
  const checkout = checkoutFolder(env)
  const wanted = portOf(env)
  const answerer = await chooseAnswerer(env, checkout)
  const page = process.argv.includes('--dev') ? await developmentPage() : builtPage()
  const file = databaseFile(env)
  const options = { answerer, checkout, page, store: openStore(file) }
  const host = env.HOST || '127.0.0.1'
  const server = await startServer(options, { host, port: wanted ?? usualPort }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') throw cause
      // Somebody else's server on the usual port is no reason to fail; on a port that was asked for, it is.
      if (wanted === null) return startServer(options, { host, port: 0 })
      throw new Error(`Port ${wanted} is in use. Name another one in PORT, or none for any that is free.`, {
        cause,
      })
    },
  )
  console.log(`Outlast chat demo: ${server.url}`)
  console.log(`Answers come from: ${answerer.name}`)
  console.log(`It works on:       ${checkout}`)
  console.log(`Tasks are kept in: ${file}`)
  return server
}

/** What is wrong before the server listens is wrong with its settings: a sentence says more than a stack trace. */
function giveUp(thrown: unknown): never {
  console.error(`The demo cannot start. ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  process.exit(1)
}

const server = await start().catch(giveUp)
let closing = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (closing) process.exit(1)
    closing = true
    console.log('Closing: running tasks are ended first. Once more to leave at once.')
    server.close(drainMs).then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error(thrown)
        process.exit(1)
      },
    )
  })
}
