import { builtPage } from './built-page.ts'
import { chooseAnswerer } from './choose-answerer.ts'
import { developmentPage } from './development-page.ts'
import { checkoutFolder } from './folders.ts'
import { type RunningServer, startServer } from './start-server.ts'

const usualPort = 3000
const drainMs = 2_000

async function start(): Promise<RunningServer> {
  const { env } = process
  const checkout = checkoutFolder(env)
  const answerer = await chooseAnswerer(env, checkout)
  const page = process.argv.includes('--dev') ? await developmentPage() : builtPage()
  const options = { answerer, checkout, page }
  const host = env.HOST || '127.0.0.1'
  const port = env.PORT ? Number(env.PORT) : usualPort
  const server = await startServer(options, { host, port }).catch((thrown: NodeJS.ErrnoException) => {
    // Somebody else's server on the usual port is no reason to fail; on a port that was asked for, it is.
    if (thrown.code !== 'EADDRINUSE' || env.PORT) throw thrown
    return startServer(options, { host, port: 0 })
  })
  console.log(`Outlast chat demo: ${server.url}`)
  console.log(`Answers come from: ${answerer.name}`)
  console.log(`It works on:       ${checkout}`)
  return server
}

const server = await start()
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
