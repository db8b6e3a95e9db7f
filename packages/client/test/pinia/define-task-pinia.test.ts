import { createPinia, disposePinia, type Pinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { effectScope, watch } from 'vue'
import { defineTaskPinia } from '../../src/pinia/index.ts'
import { useTask } from '../../src/vue/index.ts'
import { makeTask, refusal } from '../support/fake-server.ts'
import { makeWorld, textOf, type World } from '../support/make-world.ts'

let world: World
let pinia: Pinia

beforeEach(() => {
  world = makeWorld()
  pinia = createPinia()
})

const useStore = () => defineTaskPinia('tasks', { client: world.client })(pinia)
const textIn = (store: ReturnType<typeof useStore>, taskId = 't1'): string | null => {
  const snapshot = store.tasks[taskId]
  return snapshot === undefined ? null : textOf(snapshot)
}

describe('the store of defineTaskPinia', () => {
  it('starts a task and follows it from its first event to its end', async () => {
    const store = useStore()
    const seen: (string | null)[] = []
    watch(
      () => textIn(store),
      (text) => seen.push(text),
      { flush: 'sync' },
    )
    world.server.text('Hello')
    const { task_id } = await store.start({ message: 'Hi' })
    await world.clock.advance(0)
    world.server.text(' world')
    world.server.finish()
    await world.clock.advance(1_000)
    expect(store.tasks[task_id]).toMatchObject({ status: 'succeeded', connection: 'done', watermark: 0 })
    expect(seen).toEqual(['', 'Hello', 'Hello world'])
    expect(world.clock.pending).toBe(0)
  })

  it('is a store like any other: pinia finds it by its id, and its state is in the state tree', async () => {
    const store = useStore()
    store.follow('t1')
    expect(store.$id).toBe('tasks')
    expect(Object.keys(pinia.state.value.tasks ?? {})).toEqual(['tasks'])
    expect(useStore().tasks.t1).toBe(store.tasks.t1)
    store.$dispose()
  })

  it('follows the task that is running already where one keeps another from being created', async () => {
    const store = useStore()
    const task = { task_id: 't1', status: 'running', next_offset: 3 }
    world.server.text('old')
    world.server.script(() => refusal(409, 'task_already_running', {}, { task }))
    expect(await store.start({})).toEqual({ task_id: 't1', status: 'running', attached: true })
    await world.clock.advance(200)
    expect(store.tasks.t1?.watermark).toBe(1)
    world.server.script(() => refusal(400, 'invalid_input'))
    await expect(store.start({})).rejects.toMatchObject({ code: 'invalid_input' })
    expect(Object.keys(store.tasks)).toEqual(['t1'])
    store.$dispose()
  })

  it('restores what ran before a refresh, in one batch', async () => {
    const store = useStore()
    world.server.text('Hello')
    expect(await store.restore()).toMatchObject({ found: true, source: 'log' })
    expect(textIn(store)).toBe('Hello')
    expect(store.tasks.t1?.watermark).toBe(1)
    world.server.text(' world')
    await world.clock.advance(1_000)
    expect(textIn(store)).toBe('Hello world')
    store.$dispose()
  })

  it('restores nothing where nothing runs', async () => {
    world.server.task = makeTask({ status: 'succeeded' })
    const store = useStore()
    expect(await store.restore({ conversationId: 'c1' })).toMatchObject({ found: false })
    expect(store.tasks).toEqual({})
  })

  it('leaves an answer that the history holds to the history', async () => {
    world.server.text('Hello')
    world.server.finish()
    const store = useStore()
    expect(await store.restore({ taskId: 't1', history: ['t1'] })).toMatchObject({ source: 'history' })
    expect(store.tasks).toEqual({})
    expect(world.clock.pending).toBe(0)
  })

  it('cancels what it follows, and what it does not', async () => {
    const store = useStore()
    store.follow('t1')
    await world.clock.advance(0)
    const canceling = store.cancel('t1', 'enough')
    expect(store.tasks.t1?.status).toBe('cancel_requested')
    await canceling
    await store.cancel('t2')
    const posts = world.server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ path, body }) => [path, body])).toEqual([
      ['/api/tasks/t1/cancel', { reason: 'enough' }],
      ['/api/tasks/t2/cancel', {}],
    ])
    store.$dispose()
  })

  it('shares its observers with useTask', async () => {
    const store = useStore()
    store.follow('t1')
    const scope = effectScope()
    const view = scope.run(() => useTask('t1', { client: world.client }))
    world.server.text('Hello')
    await world.clock.advance(10_000)
    expect(view && textOf(view.value)).toBe('Hello')
    expect(textIn(store)).toBe('Hello')
    expect(world.server.mostInFlight).toBe(1)
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
    scope.stop()
    store.$dispose()
  })

  it('leaves nothing behind of tasks that are forgotten, nor when it is disposed of', async () => {
    const store = useStore()
    for (let round = 0; round < 1_000; round++) {
      store.follow(`t${round}`)
      if (round % 10 > 0) store.forget(`t${round}`)
    }
    expect(Object.keys(store.tasks)).toHaveLength(100)
    disposePinia(pinia)
    store.$dispose()
    store.follow('late')
    await world.clock.advance(60_000)
    expect(world.clock.pending).toBe(0)
    expect(world.platform.listeners.size).toBe(0)
    expect(world.server.inFlight).toBe(0)
  })
})
