import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { createTaskApp } from '../../src/hono.ts'
import {
  basePathOf,
  besideText,
  corsOptions,
  listen,
  nameOf,
  type ServedMount,
  type Surroundings,
} from './serve.ts'

/** The app on Hono and its server for Node, with what is around it. */
export function honoAmong(around: Surroundings): ServedMount {
  return {
    name: nameOf('Hono', around),
    cors: around.cors,
    compression: around.compression,
    open(manager, options) {
      const app = new Hono()
      if (around.compression) app.use(compress({ threshold: 0 }))
      if (around.cors) app.use(cors(corsOptions))
      if (around.json) {
        app.use(async (context, next) => {
          // As a logger does: it does not mind what is no JSON.
          await context.req.json().catch(() => null)
          await next()
        })
      }
      const tasks = createTaskApp(manager, options)
      if (around.prefix) app.route('/v1', new Hono().route('/jobs', tasks))
      else app.route('/api/tasks', tasks)
      app.get('/beside', (context) => context.text(besideText))
      return listen(createAdaptorServer(app) as Server, basePathOf(around))
    },
  }
}
