import { once } from 'node:events'
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { createTaskRouter } from '@outlast/http-adapter/express'
import { taskPlugin } from '@outlast/http-adapter/fastify'
import { createTaskApp } from '@outlast/http-adapter/hono'
import { attachTasks, createNodeListener } from '@outlast/http-adapter/node'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'

export const basePath = '/api/tasks'

/**
 * @typedef {import('node:http').Server} Server
 * @typedef {import('@outlast/core').TaskManager} TaskManager
 * @typedef {{ status: number, headers: Record<string, string>, body: string }} Answer What a server sends to every request.
 */

/** A token is read and compared by nobody here: that work would be the application's. @type {import('@outlast/core/http').Authenticate} */
const authenticate = () => ({ userId: 'u1', via: 'token' })

/** Outlast, on what it is mounted on. @type {Readonly<Record<string, (manager: TaskManager) => Promise<Server>>>} */
export const mounts = {
  node: (manager) => listening(createServer(createNodeListener(manager, { authenticate }))),
  attached(manager) {
    const server = createServer(express())
    attachTasks(server, manager, { authenticate })
    return listening(server)
  },
  express(manager) {
    const app = express()
    app.use(basePath, createTaskRouter(manager, { authenticate }))
    return listening(createServer(app))
  },
  async fastify(manager) {
    const app = fastify()
    app.register(taskPlugin, { prefix: basePath, manager, authenticate })
    await app.ready()
    return listening(app.server)
  },
  hono(manager) {
    const app = new Hono().route(basePath, createTaskApp(manager, { authenticate }))
    return listening(/** @type {Server} */ (createAdaptorServer(app)))
  },
}

/** The same bytes from what it is mounted on, in its own way and made beforehand. @type {Readonly<Record<string, (answer: Answer) => Promise<Server>>>} */
export const sameBytes = {
  node({ status, headers, body }) {
    const bytes = Buffer.from(body)
    const head = Object.entries({ ...headers, 'content-length': String(bytes.length) }).flat()
    return listening(
      createServer((_request, response) => {
        response.writeHead(status, head)
        response.end(bytes)
      }),
    )
  },
  express({ status, headers, body }) {
    const app = express()
    app.get(`${basePath}/:id`, (_request, response) => {
      response.status(status).set(headers).send(body)
    })
    return listening(createServer(app))
  },
  async fastify({ status, headers, body }) {
    const app = fastify()
    app.get(`${basePath}/:id`, (_request, reply) => {
      reply.code(status).headers(headers).send(body)
    })
    await app.ready()
    return listening(app.server)
  },
  hono({ status, headers, body }) {
    const app = new Hono()
    app.get(`${basePath}/:id`, (context) =>
      context.body(
        body,
        /** @type {import('hono/utils/http-status').ContentfulStatusCode} */ (status),
        headers,
      ),
    )
    return listening(/** @type {Server} */ (createAdaptorServer(app)))
  },
}

/** @param {Server} server @returns {Promise<Server>} */
async function listening(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
