import { join } from 'node:path'
import express, { type RequestHandler } from 'express'
import { exampleFolder } from './folders.ts'

// Everything comes from this server; Vue sets widths through the style object, which the policy allows.
const contentPolicy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

/** Serves the page as `npm run build` leaves it. */
export function builtPage(folder: string = join(exampleFolder, 'dist/web')): RequestHandler {
  return express.static(folder, {
    setHeaders(response) {
      response.setHeader('content-security-policy', contentPolicy)
      response.setHeader('x-content-type-options', 'nosniff')
    },
  })
}
