import type { ErrorBody, SuccessBody, TaskListBody } from '../protocol/index.ts'
import type { TaskResponse } from './task-request.ts'

const headersOfAll: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

const headersOfJson: Readonly<Record<string, string>> = {
  ...headersOfAll,
  'content-type': 'application/json; charset=utf-8',
}

/** An answer in JSON, with the headers that every one has. */
export function jsonResponse(
  status: number,
  body: SuccessBody<unknown> | TaskListBody | ErrorBody,
  headers: Readonly<Record<string, string>> = {},
): TaskResponse {
  return jsonTextResponse(status, JSON.stringify(body), headers)
}

/** The same, of text that is JSON already. */
export function jsonTextResponse(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): TaskResponse {
  return { status, headers: { ...headersOfJson, ...headers }, body }
}

/** The headers of an answer in JSON that has an `ETag`: what is polled has them made for every answer. */
export function taggedJsonHeaders(etag: string): Readonly<Record<string, string>> {
  return { ...headersOfJson, etag }
}

/** An answer without a body. */
export function emptyResponse(status: number, headers: Readonly<Record<string, string>>): TaskResponse {
  return { status, headers: { ...headersOfAll, ...headers }, body: null }
}
