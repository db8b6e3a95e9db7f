import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import compression from 'compression'
import cors from 'cors'
import express from 'express'
import { attachTasks, createNodeListener } from '../../src/node.ts'
import {
  basePathOf,
  besideText,
  corsOptions,
  listen,
  nameOf,
  type ServedMount,
  type Surroundings,
  serve,
} from './serve.ts'

type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** Middlewares one after another, without a framework. */
function chain(
  middlewares: readonly Middleware[],
  last: (request: IncomingMessage, response: ServerResponse) => void,
) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const run = (at: number): void => {
      const middleware = middlewares[at]
      if (middleware === undefined) last(request, response)
      else middleware(request, response, (error) => (error ? response.destroy() : run(at + 1)))
    }
    run(0)
  }
}

function middlewares(around: Surroundings): Middleware[] {
  return [
    ...(around.compression ? [compression({ threshold: 0 }) as unknown as Middleware] : []),
    ...(around.cors ? [cors(corsOptions) as unknown as Middleware] : []),
    ...(around.json ? [express.text({ type: '*/*', limit: '12mb' }) as unknown as Middleware] : []),
  ]
}

/** The listener of node:http, with what is around it. */
export function nodeAmong(around: Surroundings): ServedMount {
  return {
    name: nameOf('node', around),
    cors: around.cors,
    compression: around.compression,
    open(manager, options) {
      const listener = createNodeListener(manager, { ...options, basePath: basePathOf(around) })
      const app = chain(middlewares(around), (request, response) =>
        listener(request, response, () => {
          response.setHeader('content-type', 'text/plain')
          response.end(besideText)
        }),
      )
      return serve(app, basePathOf(around))
    },
  }
}

/** The routes before an application of Express, whose middlewares do not concern them. */
export function attachedAmong(around: Surroundings): ServedMount {
  return {
    name: nameOf('attached before Express 5', around),
    open(manager, options) {
      const app = express()
      for (const middleware of middlewares(around)) app.use(middleware as express.RequestHandler)
      app.get('/beside', (_request, response) => void response.send(besideText))
      const server = createServer(app)
      attachTasks(server, manager, { ...options, basePath: basePathOf(around) })
      return listen(server, basePathOf(around))
    },
  }
}
