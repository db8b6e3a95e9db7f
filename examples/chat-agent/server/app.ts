import { basename } from 'node:path'
import { memoryStore, TaskManager, type TaskStore } from '@outlast/core'
import { createTaskRouter } from '@outlast/http-adapter/express'
import express, { type Express, type RequestHandler } from 'express'
import type { Answerer } from './answerer.ts'
import { chatTask } from './chat-task.ts'
import { earlierTurns } from './earlier-turns.ts'
import { recognizeVisitor, visitorOf } from './visitor.ts'

/** What the demo is made of. */
export interface ChatAppOptions {
  answerer: Answerer
  checkout: string
  /** Serves the page's files. */
  page: RequestHandler
  /** Where tasks are kept. Default: in memory, as tests want it. */
  store?: TaskStore
}

/** The demo's routes, and the manager that runs its tasks. */
export interface ChatApp {
  app: Express
  manager: TaskManager
}

/** Everything but the socket. */
export function createChatApp({ answerer, checkout, page, store = memoryStore() }: ChatAppOptions): ChatApp {
  const chat = chatTask(answerer, (query) => earlierTurns(manager, query))
  const manager: TaskManager = new TaskManager({ tasks: [chat], store })

  const app = express()
  app.disable('x-powered-by')
  app.use(recognizeVisitor)
  app.use(
    '/api/tasks',
    createTaskRouter(manager, {
      authenticate: ({ raw }) => {
        const userId = visitorOf(raw)
        return userId === null ? null : { userId, via: 'cookie' }
      },
    }),
  )
  app.get('/api/about', (_request, response) => {
    response.json({ answerer: answerer.name, recording: answerer.recording, checkout: basename(checkout) })
  })
  app.use(page)
  return { app, manager }
}
