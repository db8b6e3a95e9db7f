import { describe, expect, test } from 'vitest'
import { restoreTaskState } from '../src/restore-task-state.ts'
import { json, networkDown, refusal } from './support/fake-server.ts'
import { makeWorld, textOf, type World, watch } from './support/make-world.ts'

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

describe('restoreTaskState with a history', () => {
  /** A task that has said something, under a message id if one is given. */
  function worldOf(messageId?: string): World {
    const world = makeWorld()
    world.server.emit('ai_message_start', { message_id: messageId })
    world.server.text('the answer')
    return world
  }

  test.each([
    ['the id that the log names', 'm1', ['m0', 'm1'], 'm1'],
    ['the id of the task where the log names none', undefined, ['m0', 't1'], 't1'],
  ])('shows a running answer from the log, and hides its copy by %s', async (_, id, history, hides) => {
    const { client } = worldOf(id)
    await expect(restoreTaskState({ client, history })).resolves.toMatchObject({
      found: true,
      source: 'log',
      hides,
    })
    await expect(restoreTaskState({ client, history, taskId: 't1' })).resolves.toMatchObject({
      source: 'log',
      hides,
    })
  })

  test('hides nothing that has another id, whatever else is alike', async () => {
    const { client } = worldOf('m1')
    const restored = await restoreTaskState({ client, history: ['m0', 't1', 'the answer'] })
    expect(restored).toMatchObject({ source: 'log', hides: null })
    await expect(restoreTaskState({ client })).resolves.toMatchObject({ source: 'log', hides: null })
  })

  test('leaves a finished answer to the history that holds it, and only to that one', async () => {
    const { client, server } = worldOf('m1')
    server.finish()
    await expect(restoreTaskState({ client, taskId: 't1', history: ['m1'] })).resolves.toMatchObject({
      found: true,
      source: 'history',
      hides: null,
    })
    const restored = await restoreTaskState({ client, taskId: 't1', history: ['m0'] })
    if (!restored.found) throw new Error('nothing was found')
    expect(restored).toMatchObject({ source: 'log', hides: null })
    expect(textOf(restored.observer.getSnapshot())).toBe('the answer')
  })

  test('takes a task that ended just now from its log: the history is older than the end', async () => {
    const { client, server } = worldOf('m1')
    server.script(() => {
      const answer = json({ success: true, data: [server.task], next_cursor: null, viewer: 'v1' })
      server.finish()
      return answer
    })
    const restored = await restoreTaskState({ client, history: ['m1'] })
    expect(restored).toMatchObject({ source: 'log', hides: 'm1', task: { status: 'succeeded' } })
  })
})
