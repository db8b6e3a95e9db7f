import { expect, test } from 'vitest'
import { observeTaskList, type TaskListObserver, type TaskListSnapshot } from '../src/task-list-observer.ts'
import { json, lateAnswer, makeTask, networkDown, refusal, type SeenRequest } from './support/fake-server.ts'
import { makeWorld, type World } from './support/make-world.ts'

const created = (task_id: string): Response =>
  json({ success: true, data: { task_id, status: 'running', created_at: 2, conversation_id: null } }, 202)

function watch(list: TaskListObserver): { seen: TaskListSnapshot[]; leave: () => void } {
  const seen: TaskListSnapshot[] = []
  return { seen, leave: list.subscribe(() => seen.push(list.getSnapshot())) }
}

const idsOf = ({ tasks }: TaskListSnapshot): string[] => tasks.map(({ task_id }) => task_id)

const listsOf = ({ server }: World): SeenRequest[] => server.requests.filter(({ method }) => method === 'GET')

/** The pauses between the lists that were asked for, in milliseconds. */
function pausesOf(world: World): number[] {
  const lists = listsOf(world)
  return lists.slice(1).map(({ at }, index) => at - (lists[index]?.at ?? 0))
}

test('asks with the first listener, in the words of the wire, and shows what comes', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client, { workspaceId: 'w', status: 'active', limit: 5 })
  await world.clock.advance(10_000)
  expect(world.server.requests).toHaveLength(0)
  expect(list.getSnapshot()).toEqual({
    tasks: [],
    viewer: null,
    nextCursor: null,
    connection: 'idle',
    error: null,
    startError: null,
  })
  world.server.script(() => json({ success: true, data: [makeTask()], next_cursor: 'further', viewer: 'v1' }))
  const { seen, leave } = watch(list)
  expect(list.getSnapshot().connection).toBe('connecting')
  await world.clock.advance(0)
  expect(world.server.requests.map(({ query }) => query)).toEqual([
    { status: 'active', workspace_id: 'w', limit: '5' },
  ])
  expect(seen).toEqual([
    {
      tasks: [makeTask()],
      viewer: 'v1',
      nextCursor: 'further',
      connection: 'live',
      error: null,
      startError: null,
    },
  ])
  leave()
  expect(list.getSnapshot().connection).toBe('idle')
  expect(world.clock.pending).toBe(0)
  expect(world.platform.listeners.size).toBe(0)
})

test('asks every second while the list changes, and eases to five when it does not', async () => {
  const world = makeWorld()
  world.server.list = [makeTask()]
  const list = observeTaskList(world.client)
  const { seen } = watch(list)
  await world.clock.advance(25_000)
  expect(pausesOf(world)).toEqual([1_000, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000])
  expect(seen).toHaveLength(1)
  world.server.list = [makeTask({ status: 'canceled' })]
  await world.clock.advance(6_000)
  expect(pausesOf(world).slice(7)).toEqual([5_000, 1_000, 1_000])
  expect(seen).toHaveLength(2)
})

test('asks every fifteen seconds while nobody sees the page, and at once when somebody does', async () => {
  const world = makeWorld()
  world.platform.visible = false
  const list = observeTaskList(world.client)
  watch(list)
  await world.clock.advance(31_000)
  expect(pausesOf(world)).toEqual([15_000, 15_000])
  world.server.list = [makeTask({ task_id: 'new' })]
  world.platform.visible = true
  world.platform.wake()
  await world.clock.advance(0)
  expect(idsOf(list.getSnapshot())).toEqual(['new'])
  world.server.list = []
  list.refresh()
  await world.clock.advance(0)
  expect(idsOf(list.getSnapshot())).toEqual([])
})

test('a task that did not change keeps its identity, and so does a list in which none did', async () => {
  const world = makeWorld()
  world.server.list = [makeTask({ task_id: 'a' }), makeTask({ task_id: 'b' })]
  const list = observeTaskList(world.client)
  watch(list)
  await world.clock.advance(0)
  const before = list.getSnapshot()
  world.server.list = [makeTask({ task_id: 'a', elapsed_ms: 99 }), makeTask({ task_id: 'b' })]
  list.refresh()
  await world.clock.advance(0)
  expect(list.getSnapshot()).toBe(before)
  world.server.list = [
    makeTask({ task_id: 'c' }),
    makeTask({ task_id: 'a' }),
    makeTask({ task_id: 'b', status: 'failed' }),
  ]
  list.refresh()
  await world.clock.advance(0)
  const after = list.getSnapshot()
  expect(idsOf(after)).toEqual(['c', 'a', 'b'])
  expect(after.tasks[1]).toBe(before.tasks[0])
  expect(after.tasks[2]).not.toBe(before.tasks[1])
  world.server.list = [makeTask({ task_id: 'c' })]
  list.refresh()
  await world.clock.advance(0)
  expect(list.getSnapshot().tasks).toEqual([makeTask({ task_id: 'c' })])
})

test('says what is wrong, backs off, and is right again', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  watch(list)
  world.server.script(networkDown, networkDown, () => refusal(503, 'shutting_down', { 'retry-after': '7' }))
  await world.clock.advance(0)
  expect(list.getSnapshot()).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
  await world.clock.advance(8_500)
  expect(pausesOf(world)).toEqual([500, 1_000, 7_000])
  expect(list.getSnapshot()).toMatchObject({ connection: 'live', error: null })
  world.server.script(() => refusal(401, 'unauthenticated'))
  await world.clock.advance(60_000)
  expect(list.getSnapshot()).toMatchObject({ connection: 'failed', error: { code: 'unauthenticated' } })
  expect(world.clock.pending).toBe(0)
})

test('takes no list that arrives after the last listener has left', async () => {
  const world = makeWorld()
  const late = lateAnswer(() => json({ success: true, data: [makeTask()], next_cursor: null, viewer: 'v1' }))
  world.server.script(late.answer)
  const list = observeTaskList(world.client)
  const { seen, leave } = watch(list)
  await world.clock.advance(0)
  leave()
  late.release()
  await world.clock.advance(0)
  expect(list.getSnapshot()).toMatchObject({ tasks: [], connection: 'idle' })
  expect(seen).toHaveLength(0)
})

test('many changes within a frame notify once', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  const { seen } = watch(list)
  await world.clock.advance(0)
  world.platform.painting = true
  for (const task_id of ['b', 'c', 'd']) {
    world.server.list = [makeTask({ task_id })]
    list.refresh()
    await world.clock.advance(0)
  }
  expect(seen).toHaveLength(1)
  world.platform.paint()
  expect(seen.map(idsOf)).toEqual([['t1'], ['d']])
})

test('a task stands in the list from the call of start on, and is replaced by the record of the server', async () => {
  const world = makeWorld()
  world.server.list = [makeTask({ task_id: 'old' })]
  const list = observeTaskList(world.client)
  const { seen } = watch(list)
  await world.clock.advance(0)
  const late = lateAnswer(() => created('new'))
  world.server.script(late.answer)
  const answer = world.client.start({ message: 'hello', conversation_id: 'c1' })
  const [first, second] = list.getSnapshot().tasks
  expect(first).toMatchObject({
    status: 'pending',
    message: 'hello',
    conversation_id: 'c1',
    created_at: world.clock.now() / 1_000,
    optimistic: true,
  })
  expect(second?.task_id).toBe('old')

  const record = makeTask({ task_id: 'new', message: 'hello' })
  world.server.list = [record, makeTask({ task_id: 'old' })]
  late.release()
  await answer
  await world.clock.advance(0)
  expect(list.getSnapshot().tasks).toEqual([record, makeTask({ task_id: 'old' })])
  expect(seen.map(({ tasks }) => tasks.length)).toEqual([1, 2, 2, 2])
  expect(seen.map(({ tasks }) => tasks[0]?.optimistic)).toEqual([undefined, true, true, undefined])
})

test('a list that was asked for before the create was answered takes no task away, and shows none twice', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  watch(list)
  await world.clock.advance(0)
  const late = lateAnswer(() => created('t1'))
  world.server.script(late.answer)
  world.server.list = []
  const answer = world.client.start({ message: 'hello' })
  list.refresh()
  await world.clock.advance(0)
  expect(list.getSnapshot().tasks).toMatchObject([{ message: 'hello', optimistic: true }])
  world.server.list = [makeTask()]
  const later = lateAnswer(() => refusal(500, 'internal_error'))
  world.server.script(() => json({ success: true, data: [makeTask()], next_cursor: null, viewer: 'v1' }))
  list.refresh()
  await world.clock.advance(0)
  expect(list.getSnapshot().tasks).toHaveLength(2)
  world.server.script(later.answer)
  late.release()
  await answer
  await world.clock.advance(0)
  expect(idsOf(list.getSnapshot())).toEqual(['t1'])
  later.release()
})

test('a task that is gone from the list by the time that it is asked for does not linger', async () => {
  const world = makeWorld()
  world.server.list = []
  const list = observeTaskList(world.client, { status: 'active' })
  watch(list)
  await world.clock.advance(0)
  await world.client.start({ message: 'quick' })
  await world.clock.advance(0)
  expect(list.getSnapshot().tasks).toEqual([])
})

test('a create that fails leaves the list, which says why until the next one', async () => {
  const world = makeWorld()
  world.server.list = []
  const list = observeTaskList(world.client)
  watch(list)
  await world.clock.advance(0)
  world.server.script(() => refusal(400, 'invalid_input'))
  await expect(world.client.start({ message: '' })).rejects.toMatchObject({ code: 'invalid_input' })
  await world.clock.advance(60_000)
  expect(list.getSnapshot()).toMatchObject({
    tasks: [],
    connection: 'live',
    error: null,
    startError: { code: 'invalid_input' },
  })
  void world.client.start({ message: 'better' })
  expect(list.getSnapshot()).toMatchObject({ tasks: [{ message: 'better' }], startError: null })
  await world.clock.advance(0)
  world.server.script(() => refusal(400, 'invalid_input'))
  await expect(world.client.start({ message: '' })).rejects.toMatchObject({ code: 'invalid_input' })
  await world.clock.advance(0)
  list.refresh()
  expect(list.getSnapshot()).toMatchObject({ error: null, startError: null })
})

test('refresh tries again where the list was given up', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  watch(list)
  world.server.script(() => refusal(401, 'unauthenticated'))
  await world.clock.advance(60_000)
  expect(list.getSnapshot().connection).toBe('failed')
  list.refresh()
  await world.clock.advance(0)
  expect(list.getSnapshot()).toMatchObject({ connection: 'live', tasks: [makeTask()], error: null })
})

test('refresh asks nothing while nobody watches', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  list.refresh()
  await world.clock.advance(60_000)
  expect(world.server.requests).toHaveLength(0)
})

test('a create that meets a running task, or is called off, is no error of the list', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  watch(list)
  await world.clock.advance(0)
  const task = { task_id: 't1', status: 'running', next_offset: 7 }
  world.server.script(() => refusal(409, 'task_already_running', {}, { task }))
  await expect(world.client.start({})).rejects.toMatchObject({ code: 'task_already_running' })
  await world.clock.advance(0)
  expect(list.getSnapshot()).toMatchObject({ tasks: [makeTask()], error: null, startError: null })
  const called = world.client.start({}, { signal: AbortSignal.abort(new Error('left the page')) })
  await expect(called).rejects.toThrow('left the page')
  await world.clock.advance(0)
  expect(list.getSnapshot()).toMatchObject({ tasks: [makeTask()], error: null, startError: null })
})

test.each([
  ['of another conversation', { conversationId: 'c2' }],
  ['of a later page', { cursor: 'further' }],
  ['of those that have ended', { status: 'failed' as const }],
  ['of those that have ended in one of several ways', { status: ['failed', 'canceled'] as const }],
])('a task that is being created does not stand in a list %s', async (_, query) => {
  const world = makeWorld()
  world.server.list = []
  const list = observeTaskList(world.client, query)
  watch(list)
  await world.clock.advance(0)
  const answer = world.client.start({ message: 'hello', conversation_id: 'c1' })
  expect(list.getSnapshot().tasks).toEqual([])
  await answer
})

test('a create whose answer comes after the last listener has left is nobody’s news', async () => {
  const world = makeWorld()
  const list = observeTaskList(world.client)
  const { seen, leave } = watch(list)
  await world.clock.advance(0)
  const late = lateAnswer(() => created('new'))
  world.server.script(late.answer)
  const answer = world.client.start({ message: 'hello' })
  leave()
  const told = seen.length
  late.release()
  await answer
  await world.clock.advance(0)
  expect(seen).toHaveLength(told)
  expect(idsOf(list.getSnapshot())).toEqual(['t1'])
  void world.client.start({})
  expect(idsOf(list.getSnapshot())).toEqual(['t1'])
})
