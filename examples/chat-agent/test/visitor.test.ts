import { afterAll, beforeAll, expect, it } from 'vitest'
import { builtPage } from '../server/built-page.ts'
import { offlineAnswerer } from '../server/choose-answerer.ts'
import { type RunningServer, startServer } from '../server/start-server.ts'

let server: RunningServer
beforeAll(async () => {
  const options = { answerer: offlineAnswerer('.', 0), checkout: '.', page: builtPage() }
  server = await startServer(options, { host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close(0))

const create = (headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message: 'hello' }),
  })

it('gives a new visitor a cookie that scripts and other sites cannot use, and keeps it', async () => {
  const first = await create()
  expect(first.status).toBe(202)
  const [cookie = ''] = first.headers.getSetCookie()
  expect(cookie).toMatch(/^visitor=[\w-]{22}; .*HttpOnly; SameSite=Lax/)
  const again = await fetch(`${server.url}/api/tasks`, { headers: { cookie: cookie.split(';')[0] ?? '' } })
  expect(again.headers.getSetCookie()).toEqual([])
  expect(((await again.json()) as { data: unknown[] }).data).toHaveLength(1)
})

it("answers another visitor's task like one that never was", async () => {
  const { data } = (await (await create()).json()) as { data: { task_id: string } }
  const [foreign, unknown] = await Promise.all(
    [data.task_id, 'no-such-task'].map((id) => fetch(`${server.url}/api/tasks/${id}`)),
  )
  expect(foreign?.status).toBe(404)
  expect(await foreign?.text()).toBe(await unknown?.text())
})

it('refuses a write that a page of another site sends', async () => {
  expect((await create({ origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' })).status).toBe(
    403,
  )
})
