import fastifyCompress from '@fastify/compress'
import fastifyCors from '@fastify/cors'
import fastify, { type FastifyInstance } from 'fastify'
import { taskPlugin } from '../../src/fastify.ts'
import {
  basePathOf,
  besideText,
  corsOptions,
  listen,
  nameOf,
  type ServedMount,
  type Surroundings,
} from './serve.ts'

/** The plugin on Fastify, with what is around it. */
export function fastifyAmong(around: Surroundings): ServedMount {
  return {
    name: nameOf('Fastify', around),
    cors: around.cors,
    compression: around.compression,
    strictPaths: true,
    async open(manager, options) {
      const app = fastify({ forceCloseConnections: true })
      if (around.compression) await app.register(fastifyCompress, { threshold: 0 })
      if (around.cors) await app.register(fastifyCors, corsOptions)
      // One that takes everything, besides those for JSON and text that Fastify has of its own.
      if (around.json)
        app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      const mount = async (scope: FastifyInstance, path: string) => {
        await scope.register(taskPlugin, { ...options, prefix: path, manager })
      }
      if (around.prefix) await app.register((scope) => mount(scope, '/jobs'), { prefix: '/v1' })
      else await mount(app, '/api/tasks')
      app.get('/beside', (_request, reply) => reply.send(besideText))
      await app.ready()
      return listen(app.server, basePathOf(around), () => app.close())
    },
  }
}
