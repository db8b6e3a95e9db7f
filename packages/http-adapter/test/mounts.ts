import { createTaskHandler } from '@outlast/core/http'
import express5 from 'express'
import express4 from 'express4'
import { createTaskRouter } from '../src/express.ts'
import { createNodeListener } from '../src/node.ts'
import { bridgeFetch } from './bridge-fetch.ts'
import { expressAmong } from './mounts/express.ts'
import { fastifyAmong } from './mounts/fastify.ts'
import { honoAmong } from './mounts/hono.ts'
import { behindNginx, documentedProxy, findNginx } from './mounts/nginx.ts'
import { attachedAmong, nodeAmong } from './mounts/node.ts'
import { everySurroundings, type Mount, type ServedMount, type Surroundings, serve } from './mounts/serve.ts'

export { type Mount, type Mounted, type Served, type ServedMount, serve } from './mounts/serve.ts'

const bare: Surroundings = { json: false, compression: false, cors: false, prefix: false }
const full: Surroundings = { json: true, compression: true, cors: true, prefix: true }

function express(name: string, create: typeof express5, parser: boolean): Mount {
  return {
    name: parser ? `${name} behind express.json()` : name,
    open(manager, options) {
      const app = create()
      if (parser) app.use(create.json({ limit: '12mb' }))
      app.use('/api/tasks', createTaskRouter(manager, options))
      return serve(app)
    },
  }
}

/** Every mount that the packages offer. */
export const mounts: readonly Mount[] = [
  {
    name: 'fetch handler',
    async open(manager, options) {
      const handler = createTaskHandler(manager, options)
      return {
        send: (path, init) => handler.fetch(new Request(`http://127.0.0.1/api/tasks${path}`, init)),
        close: async () => {},
      }
    },
  },
  { name: 'node listener', open: (manager, options) => serve(createNodeListener(manager, options)) },
  express('Express 4', express4, false),
  express('Express 4', express4, true),
  express('Express 5', express5, false),
  express('Express 5', express5, true),
  fastifyAmong(bare),
  honoAmong(bare),
  attachedAmong(bare),
]

/** Every framework among everything that commonly stands before the routes. */
export const mountMatrix: readonly ServedMount[] = everySurroundings().flatMap((around) => [
  expressAmong('Express 4', express4, around),
  expressAmong('Express 5', express5, around),
  fastifyAmong(around),
  honoAmong(around),
  nodeAmong(around),
  attachedAmong(around),
])

const nginx = findNginx()

/** Every mount behind everything that commonly stands before it, each on a port. A new adapter is an entry here. */
export const servedMounts: readonly ServedMount[] = [
  {
    name: 'fetch handler',
    open: (manager, options) => serve(bridgeFetch(createTaskHandler(manager, options).fetch)),
  },
  { name: 'node listener', open: (manager, options) => serve(createNodeListener(manager, options)) },
  ...everySurroundings().flatMap((around) => [
    expressAmong('Express 4', express4, around),
    expressAmong('Express 5', express5, around),
  ]),
  ...[bare, full].flatMap((around) => [fastifyAmong(around), honoAmong(around), attachedAmong(around)]),
  ...(nginx === null ? [] : [behindNginx(nginx, nodeAmong(bare), documentedProxy)]),
]
