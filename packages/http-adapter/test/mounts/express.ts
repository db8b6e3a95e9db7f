import compression from 'compression'
import cors from 'cors'
import type express5 from 'express'
import { createTaskRouter } from '../../src/express.ts'
import {
  basePathOf,
  besideText,
  corsOptions,
  nameOf,
  type ServedMount,
  type Surroundings,
  serve,
} from './serve.ts'

/** The router on Express, with what is around it. */
export function expressAmong(name: string, create: typeof express5, around: Surroundings): ServedMount {
  return {
    name: nameOf(name, around),
    cors: around.cors,
    compression: around.compression,
    strictJson: around.json,
    open(manager, options) {
      const app = create()
      if (around.compression) app.use(compression({ threshold: 0 }))
      if (around.cors) app.use(cors(corsOptions))
      // An error passes by no router below the one that it happened in, so the parser stands beside the routes.
      const parent = around.prefix ? create.Router() : app
      if (around.json) parent.use(create.json({ limit: '12mb' }))
      parent.use(around.prefix ? '/jobs' : '/api/tasks', createTaskRouter(manager, options))
      if (around.prefix) app.use('/v1', parent)
      app.get('/beside', (_request, response) => void response.send(besideText))
      return serve(app, basePathOf(around))
    },
  }
}
