import { describe, expect, test } from 'vitest'
import { restoreTaskState } from '../src/restore-task-state.ts'
import { json, networkDown, refusal } from './support/fake-server.ts'
import { makeWorld, textOf, watch } from './support/make-world.ts'

const nothing = { found: false, reason: 'nothing to restore' }

describe('restoreTaskState', () => {
  test('finds nothing where no task is running', async () => {
    const { client, server } = makeWorld()
    server.finish()
    await expect(restoreTaskState({ client })).resolves.toEqual(nothing)
  })

  test('looks in the workspace and the conversation that it was given', async () => {
    const { client, server } = makeWorld()
    server.finish()
    await restoreTaskState({ client, workspaceId: 'w', conversationId: 'c' })
    expect(server.requests.map(({ query }) => query)).toEqual([
      { status: 'active', workspace_id: 'w', conversation_id: 'c', limit: '1' },
    ])
  })

  test('scenario 3 · rebuilds the blocks of a running task in one batch, and the observer goes on from there', async () => {
    const { client, server, clock } = makeWorld()
    server.pageSize = 300
    for (let count = 0; count < 1_000; count++) server.text('x')
    const restoring = restoreTaskState({ client })
    await clock.advance(0)
    const restored = await restoring
    if (!restored.found) throw new Error('nothing was found')
    const { task, observer } = restored
    const snapshot = observer.getSnapshot()
    expect(task).toBe(snapshot.task)
    expect(textOf(snapshot)).toBe('x'.repeat(1_000))
    expect(snapshot).toMatchObject({
      nextOffset: 1_000,
      watermark: 1_000,
      status: 'running',
      connection: 'idle',
    })
    expect(clock.pending).toBe(0)

    const { seen } = watch(observer)
    await clock.advance(5_000)
    expect(server.reads.at(-1)?.query).toMatchObject({ from: '1000', epoch: 'e1' })
    expect(seen.length).toBeLessThanOrEqual(2)
    server.text('!')
    server.finish()
    await clock.advance(1_000)
    expect(observer.getSnapshot()).toMatchObject({
      status: 'succeeded',
      connection: 'done',
      watermark: 1_000,
    })
    expect(textOf(observer.getSnapshot())).toBe(`${'x'.repeat(1_000)}!`)
    expect(seen.length).toBeLessThanOrEqual(3)
  })

  test('restores a finished task that was asked for by its id', async () => {
    const { client, server, clock } = makeWorld()
    server.text('the answer')
    server.finish()
    const restored = await restoreTaskState({ client, taskId: 't1' })
    if (!restored.found) throw new Error('nothing was found')
    expect(restored.observer.getSnapshot()).toMatchObject({
      status: 'succeeded',
      connection: 'done',
      watermark: 2,
    })
    watch(restored.observer)
    await clock.advance(60_000)
    expect(server.requests).toHaveLength(1)
  })

  test('finds nothing where the server no longer has the task', async () => {
    const { client, server } = makeWorld()
    server.script(() => refusal(404, 'task_not_found'))
    await expect(restoreTaskState({ client, taskId: 'gone' })).resolves.toEqual(nothing)
  })

  test('outlasts trouble that passes', async () => {
    const { client, server, clock } = makeWorld()
    server.text('here')
    server.script(networkDown, () =>
      json({ success: true, data: [server.task], next_cursor: null, viewer: 'v1' }),
    )
    server.script(networkDown, () => refusal(503, 'shutting_down', { 'retry-after': '3' }))
    const promise = restoreTaskState({ client })
    await clock.advance(10_000)
    const restored = await promise
    expect(restored.found && textOf(restored.observer.getSnapshot())).toBe('here')
  })

  test('throws what the server refused with', async () => {
    const { client, server } = makeWorld()
    server.script(() => refusal(401, 'unauthenticated'))
    await expect(restoreTaskState({ client, taskId: 't1' })).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })

  test('ends with the reason of its signal, and leaves nothing behind', async () => {
    const { client, server, clock } = makeWorld()
    const controller = new AbortController()
    server.script(networkDown)
    const promise = restoreTaskState({ client, taskId: 't1', signal: controller.signal })
    await clock.advance(100)
    controller.abort(new Error('left the page'))
    await expect(promise).rejects.toThrow('left the page')
    expect(clock.pending).toBe(0)
    const again = restoreTaskState({ client, taskId: 't1', signal: controller.signal })
    await expect(again).rejects.toThrow('left the page')
    expect(server.requests).toHaveLength(1)
  })
})
