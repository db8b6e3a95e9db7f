import { expect, test } from 'vitest'
import { startOrAttach } from '../src/start-or-attach.ts'
import { refusal } from './support/fake-server.ts'
import { makeWorld } from './support/make-world.ts'

test('answers the task that was created', async () => {
  const { client, server } = makeWorld()
  const started = await startOrAttach(client, { message: 'hello' }, { idempotencyKey: 'k1' })
  expect(started).toMatchObject({ task_id: 't1', status: 'running' })
  expect(started.attached).toBeUndefined()
  expect(server.requests[0]?.headers.get('idempotency-key')).toBe('k1')
})

test('answers the task that is running already, and says that what was sent is not part of it', async () => {
  const { client, server } = makeWorld()
  const task = { task_id: 't0', status: 'running', next_offset: 7 }
  server.script(() => refusal(409, 'task_already_running', {}, { task }))
  await expect(startOrAttach(client, { message: 'my draft' })).resolves.toEqual({
    task_id: 't0',
    status: 'running',
    attached: true,
  })
  expect(server.requests).toHaveLength(1)
})

test.each([
  ['another refusal', () => refusal(400, 'invalid_input'), 'invalid_input'],
  [
    'a running task that the server does not name',
    () => refusal(409, 'task_already_running'),
    'task_already_running',
  ],
])('throws %s', async (_, answer, code) => {
  const { client, server } = makeWorld()
  server.script(answer)
  await expect(startOrAttach(client, {})).rejects.toMatchObject({ code })
})
