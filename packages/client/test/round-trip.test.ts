import { defineTask, TaskManager } from '@outlast/core'
import { createTaskHandler } from '@outlast/core/http'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { ListedTask } from '../src/listed-task.ts'
import { restoreTaskState } from '../src/restore-task-state.ts'
import { startOrAttach } from '../src/start-or-attach.ts'
import { TaskClient } from '../src/task-client.ts'
import { observeTaskList } from '../src/task-list-observer.ts'
import type { TaskObserver, TaskSnapshot } from '../src/task-observer.ts'
import { textOf } from './support/make-world.ts'

// The real manager behind the real routes; only the socket between them is left out.

const opened: TaskManager[] = []

afterEach(async () => {
  for (const manager of opened.splice(0)) await manager.close({ drainMs: 0 })
})

type Run = Parameters<typeof defineTask>[0]['run']

function serve(run: Run, limits = {}): { connect: (userId?: string) => TaskClient } {
  const task = defineTask({ type: 'work', input: z.object({ message: z.string() }), run })
  const manager = new TaskManager({ tasks: [task], limits })
  opened.push(manager)
  const handler = createTaskHandler(manager, {
    authenticate: ({ headers }) => ({ userId: headers.get('x-user') ?? 'nobody', via: 'token' }),
  })
  return {
    connect: (userId = 'ann') =>
      new TaskClient({
        baseUrl: 'http://localhost/api/tasks',
        fetch: (url, init) => handler.fetch(new Request(url, init)),
        headers: () => ({ 'x-user': userId }),
      }),
  }
}

/** Watches until the snapshot is as wished; the listener that it was found by leaves again. */
function until(observer: TaskObserver, wished: (snapshot: TaskSnapshot) => boolean): Promise<TaskSnapshot> {
  return new Promise((resolve) => {
    const look = (): void => {
      const snapshot = observer.getSnapshot()
      if (!wished(snapshot)) return
      queueMicrotask(() => leave())
      resolve(snapshot)
    }
    const leave = observer.subscribe(look)
    look()
  })
}

/** A door that a runner waits at. */
function door(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('a page that was left in the middle comes back with the same blocks, goes on, and stops a running tool', async () => {
  const half = door()
  const { connect } = serve(async ({ emit, tool }) => {
    emit('ai_message_start', {})
    emit('thinking_chunk', { content: 'Let me ' })
    emit('thinking_chunk', { content: 'see.' })
    emit('thinking_end', {})
    emit('text_chunk', { content: 'First half, ' })
    await half.opened
    emit('text_chunk', { content: 'second half.' })
    emit('text_end', {})
    emit('progress', { done: 1, total: 2 })
    await tool({ id: 'slow', name: 'sleep', input: { seconds: 60 } }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    return 'never'
  })

  const { task_id } = await connect().start({ message: 'go' })
  const undisturbed = connect().observe(task_id, { watermark: 0 })
  const leaveUndisturbed = undisturbed.subscribe(() => {})
  await until(connect().observe(task_id), (snapshot) => textOf(snapshot) === 'First half, ')

  const restored = await restoreTaskState({ client: connect() })
  if (!restored.found) throw new Error('the running task was not found')
  const { observer, task } = restored
  expect(task).toMatchObject({ task_id, status: 'running' })
  expect(textOf(observer.getSnapshot())).toBe('First half, ')
  expect(observer.getSnapshot().watermark).toBe(observer.getSnapshot().nextOffset)

  half.open()
  const toolRuns = ({ blocks }: TaskSnapshot): boolean =>
    blocks.some((block) => block.type === 'tool' && block.status === 'running')
  await until(observer, toolRuns)
  expect(textOf(observer.getSnapshot())).toBe('First half, second half.')
  expect(observer.getSnapshot().progress).toMatchObject({ done: 1, total: 2 })

  const leave = observer.subscribe(() => {})
  const answer = observer.cancel('seen enough')
  expect(observer.getSnapshot().status).toBe('cancel_requested')
  await expect(answer).resolves.toMatchObject({ task_id, outcome: 'requested' })
  const end = await until(observer, ({ connection }) => connection === 'done')
  expect(end).toMatchObject({
    status: 'canceled',
    outcome: { status: 'canceled', reason: 'seen enough' },
    error: null,
  })
  expect(end.blocks.find(({ type }) => type === 'tool')).toMatchObject({ id: 'slow', status: 'canceled' })

  const other = await until(undisturbed, ({ connection }) => connection === 'done')
  expect(end.blocks).toEqual(other.blocks)
  leave()
  leaveUndisturbed()
  await expect(restoreTaskState({ client: connect() })).resolves.toEqual({
    found: false,
    reason: 'nothing to restore',
  })

  const { events } = await connect().read(task_id)
  expect(events.filter(({ type }) => type === 'task_complete')).toHaveLength(1)
})

test('a log that outgrew its cap is restored from its snapshot, with all that was ever written', async () => {
  const { connect } = serve(
    async ({ emit, flush }) => {
      for (let word = 0; word < 500; word++) {
        emit('tool_start', { id: `t${word}`, name: 'count' })
        emit('update_action', { id: `t${word}`, status: 'completed' })
        if (word % 25 === 0) await flush()
      }
    },
    { maxEvents: 50 },
  )
  const client = connect()
  const { task_id } = await client.start({ message: 'go' })
  await until(client.observe(task_id), ({ connection }) => connection === 'done')
  const restored = await restoreTaskState({ client: connect(), taskId: task_id })
  if (!restored.found) throw new Error('the finished task was not found')
  const snapshot = restored.observer.getSnapshot()
  expect(snapshot).toMatchObject({ truncated: false, status: 'succeeded', connection: 'done' })
  expect(snapshot.blocks.map((block) => block.type === 'tool' && block.id)).toEqual(
    Array.from({ length: 500 }, (_, word) => `t${word}`),
  )
  expect((await client.read(task_id)).first_idx).toBeGreaterThan(0)
})

test("somebody else's task ends with task_not_found, and is nothing to restore", async () => {
  const { connect } = serve(async () => 'done')
  const { task_id } = await connect('ann').start({ message: 'mine' })
  const end = await until(connect('bob').observe(task_id), ({ connection }) => connection === 'failed')
  expect(end.error).toMatchObject({ code: 'task_not_found', status: 404 })
  await expect(restoreTaskState({ client: connect('bob'), taskId: task_id })).resolves.toMatchObject({
    found: false,
  })
})

test('a second task of the same scope is refused, naming the one to observe', async () => {
  const { connect } = serve(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
  )
  const { task_id } = await connect().start({ message: 'first' })
  await expect(connect().start({ message: 'second' })).rejects.toMatchObject({
    code: 'task_already_running',
    task: { task_id },
  })
  await expect(connect().start({ message: 1 })).rejects.toMatchObject({
    code: 'invalid_input',
    issues: [{ path: 'message' }],
  })
})

test('creates with one key make one task, also when each of them thinks that it is the first', async () => {
  const { connect } = serve(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
  )
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => connect().start({ message: 'go' }, { idempotencyKey: 'k1' })),
  )
  expect(new Set(answers.map(({ task_id }) => task_id)).size).toBe(1)
})

/** Runs until it is stopped. */
const untilStopped: Run = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a question of the task is answered from its observer, once', async () => {
  const { connect } = serve(async ({ waitForInput }) => {
    return await waitForInput({ id: 'q1', prompt: 'Go on?', schema: z.object({ yes: z.boolean() }) })
  })
  const client = connect()
  const { task_id } = await client.start({ message: 'go' })
  const observer = client.observe(task_id)
  await until(observer, ({ blocks }) => blocks.some(({ type }) => type === 'input'))
  await expect(observer.sendInput({ id: 'q1', value: { yes: 'no' } })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await expect(observer.sendInput({ id: 'q2', value: {} })).rejects.toMatchObject({ code: 'input_not_found' })
  const answer = await observer.sendInput({ id: 'q1', value: { yes: true } })
  expect(answer).toMatchObject({ task_id, id: 'q1', outcome: 'accepted' })
  const end = await until(observer, ({ connection }) => connection === 'done')
  expect(end.outcome).toMatchObject({
    status: 'succeeded',
    result: { outcome: 'answered', value: { yes: true } },
  })
})

test('one tool is canceled, and the task goes on', async () => {
  const { connect } = serve(async ({ tool }) => {
    const { status } = await tool({ id: 'call/1', name: 'sleep', input: {} }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    return status
  })
  const client = connect()
  const { task_id } = await client.start({ message: 'go' })
  const observer = client.observe(task_id)
  await until(observer, ({ blocks }) =>
    blocks.some((block) => block.type === 'tool' && block.status === 'running'),
  )
  await expect(observer.cancelTool('call/1')).resolves.toMatchObject({
    task_id,
    tool_id: 'call/1',
    outcome: 'requested',
  })
  const end = await until(observer, ({ connection }) => connection === 'done')
  expect(end.outcome).toMatchObject({ status: 'succeeded', result: 'canceled' })
  await expect(client.cancelTool(task_id, 'other')).rejects.toMatchObject({ code: 'tool_not_found' })
})

test('a stop that is meant for an earlier task leaves the active one alone', async () => {
  const { connect } = serve(untilStopped)
  const client = connect()
  const first = await client.start({ message: 'first' })
  await client.cancel(first.task_id)
  await until(client.observe(first.task_id), ({ connection }) => connection === 'done')
  const second = await client.start({ message: 'second' })
  await expect(client.cancelActive({ expectedTaskId: first.task_id })).resolves.toMatchObject({
    outcome: 'finished',
  })
  await expect(client.cancelActive({ workspaceId: 'elsewhere' })).resolves.toMatchObject({ task_id: null })
  expect((await client.get(second.task_id)).stop).toBeNull()
  await expect(
    client.cancelActive({ expectedTaskId: second.task_id, reason: 'enough' }),
  ).resolves.toMatchObject({ task_id: second.task_id, outcome: 'requested' })
  const end = await until(client.observe(second.task_id), ({ connection }) => connection === 'done')
  expect(end.outcome).toMatchObject({ status: 'canceled', reason: 'enough' })
  await expect(client.cancelActive()).resolves.toEqual({ task_id: null, status: null, outcome: 'finished' })
})

test('a finished task is removed, also twice, and one that runs is not', async () => {
  const { connect } = serve(untilStopped)
  const client = connect()
  const { task_id } = await client.start({ message: 'go' })
  await expect(client.remove(task_id)).rejects.toMatchObject({ code: 'task_not_finished' })
  await client.cancel(task_id)
  await until(client.observe(task_id), ({ connection }) => connection === 'done')
  await client.remove(task_id)
  await client.remove(task_id)
  await expect(client.get(task_id)).rejects.toMatchObject({ code: 'task_not_found' })
})

test('a second create of a scope attaches to its running task', async () => {
  const { connect } = serve(untilStopped)
  const { task_id } = await connect().start({ message: 'first' })
  await expect(startOrAttach(connect(), { message: 'second' })).resolves.toMatchObject({
    task_id,
    attached: true,
  })
})

test('a list shows a task from the call of start to its removal', async () => {
  const half = door()
  const { connect } = serve(() => half.opened)
  const client = connect()
  const list = observeTaskList(client)
  const shows = (wished: (tasks: readonly ListedTask[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const leave = list.subscribe(() => {
        if (!wished(list.getSnapshot().tasks)) return
        queueMicrotask(() => leave())
        resolve()
      })
    })
  const leave = list.subscribe(() => {})
  const { task_id } = await client.start({ message: 'go' })
  await shows(([task]) => task?.task_id === task_id && task.status === 'running' && !task.optimistic)
  half.open()
  await shows(([task]) => task?.status === 'succeeded')
  expect(list.getSnapshot()).toMatchObject({ connection: 'live', error: null, nextCursor: null })
  expect(list.getSnapshot().viewer).toBe((await client.read(task_id)).viewer)
  await client.remove(task_id)
  await shows((tasks) => tasks.length === 0)
  leave()
})

test('an answer that the history holds is shown once: from the log while it runs, then from the history', async () => {
  const half = door()
  const { connect } = serve(async ({ emit }) => {
    emit('ai_message_start', { message_id: 'm7' })
    emit('text_chunk', { content: 'half' })
    await half.opened
  })
  const client = connect()
  const { task_id } = await client.start({ message: 'go' })
  const observer = client.observe(task_id)
  await until(observer, ({ blocks }) => blocks.length > 0)
  const history = ['m6', 'm7']
  await expect(restoreTaskState({ client, history })).resolves.toMatchObject({ source: 'log', hides: 'm7' })
  half.open()
  await until(observer, ({ connection }) => connection === 'done')
  await expect(restoreTaskState({ client, history, taskId: task_id })).resolves.toMatchObject({
    found: true,
    source: 'history',
    hides: null,
  })
})
