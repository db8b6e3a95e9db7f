// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createApp,
  createSSRApp,
  defineComponent,
  effectScope,
  h,
  nextTick,
  type Ref,
  reactive,
  ref,
  shallowRef,
} from 'vue'
import { renderToString } from 'vue/server-renderer'
import { restoreTaskState } from '../../src/restore-task-state.ts'
import type { TaskObserver } from '../../src/task-observer.ts'
import { type TaskView, useTask } from '../../src/vue/index.ts'
import { makeWorld, textOf, type World } from '../support/make-world.ts'

type Followed = string | TaskObserver | null

let world: World
/** Every view that was rendered, in order. */
let views: (TaskView | null)[]

beforeEach(() => {
  world = makeWorld()
  views = []
})

const Text = defineComponent(
  (props: { task: Followed; watermark?: number }) => {
    const view = useTask(() => props.task, { client: world.client, watermark: () => props.watermark })
    return () => {
      views.push(view.value)
      return h('p', view.value === null ? 'none' : textOf(view.value))
    }
  },
  { props: ['task', 'watermark'] },
)

/** A page that shows a task as often as wanted. */
function mountPage(task: Ref<Followed>, consumers: Ref<number> = ref(1)) {
  const container = document.createElement('div')
  const app = createApp(() =>
    Array.from({ length: consumers.value }, (_, key) => h(Text, { task: task.value, key })),
  )
  app.mount(container)
  return { app, container }
}

const pass = async (ms: number): Promise<void> => {
  await nextTick()
  await world.clock.advance(ms)
  await nextTick()
}

/** Nothing waits any more, and nobody listens to the host. */
function expectRest(): void {
  expect(world.clock.pending).toBe(0)
  expect(world.platform.listeners.size).toBe(0)
  expect(world.server.inFlight).toBe(0)
}

describe('useTask', () => {
  it('shows the task from its first page to its end, and rests after that', async () => {
    const { server } = world
    server.text('Hello')
    const { container } = mountPage(ref('t1'))
    await pass(0)
    expect(container.textContent).toBe('Hello')
    server.text(' world')
    server.finish()
    await pass(1_000)
    expect(container.textContent).toBe('Hello world')
    expect(views.at(-1)).toMatchObject({ status: 'succeeded', connection: 'done' })
    expectRest()
  })

  it('costs twenty consumers no more requests than one', async () => {
    const requests = async (consumers: number): Promise<number> => {
      world = makeWorld()
      const { app } = mountPage(ref('t1'), ref(consumers))
      world.server.text('Hello')
      await pass(10_000)
      expect(world.server.mostInFlight).toBe(1)
      app.unmount()
      await pass(10_000)
      expectRest()
      return world.server.requests.length
    }
    const alone = await requests(1)
    expect(alone).toBeGreaterThan(5)
    expect(await requests(20)).toBe(alone)
  })

  it('goes on without a new start when one consumer leaves and another comes in the same moment', async () => {
    world.server.text('Hello')
    const shown = ref('a')
    const container = document.createElement('div')
    createApp(() => h(Text, { task: 't1', key: shown.value })).mount(container)
    await pass(200)
    shown.value = 'b'
    await nextTick()
    expect(container.textContent).toBe('Hello')
    await pass(1_000)
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })

  it('leaves nothing behind after a thousand mounts', async () => {
    const consumers = ref(0)
    const { app } = mountPage(ref('t1'), consumers)
    for (let round = 0; round < 1_000; round++) {
      consumers.value = 1 + (round % 3)
      await nextTick()
      consumers.value = 0
      await nextTick()
    }
    await pass(0)
    expectRest()
    app.unmount()
    await pass(60_000)
    expectRest()
  })

  it('follows its id: nothing of the task before is shown, none is null', async () => {
    world.server.text('of the first')
    const task = shallowRef<Followed>('t1')
    const { container } = mountPage(task)
    await pass(200)
    expect(container.textContent).toBe('of the first')
    world.server.events = []
    views = []
    task.value = 't2'
    await pass(200)
    expect(views.map((view) => view?.taskId)).not.toContain('t1')
    expect(views[0]?.blocks).toEqual([])
    expect(world.server.reads.at(-1)?.path).toBe('/api/tasks/t2')
    task.value = null
    await pass(200)
    expect(container.textContent).toBe('none')
    expectRest()
  })

  it('works in any scope, and ends with it', async () => {
    world.server.text('Hello')
    const scope = effectScope()
    const view = scope.run(() => useTask('t1', { client: world.client }))
    expect(view?.value.connection).toBe('idle')
    await pass(200)
    expect(view && textOf(view.value)).toBe('Hello')
    scope.stop()
    await pass(0)
    expectRest()
  })

  it('shows the wish to cancel at once, and has its own watermark where one is asked for', async () => {
    world.server.text('old')
    const scope = effectScope()
    const [own, plain] =
      scope.run(() => [
        useTask('t1', { client: world.client, watermark: 0 }),
        useTask('t1', { client: world.client }),
      ]) ?? []
    await pass(200)
    expect([own?.value.watermark, plain?.value.watermark]).toEqual([0, 1])
    const canceling = own?.value.cancel('enough')
    expect(plain?.value.status).toBe('cancel_requested')
    await canceling
    expect(world.server.requests.find(({ method }) => method === 'POST')?.body).toEqual({ reason: 'enough' })
    scope.stop()
  })

  it('goes on with an observer that was restored, also out of reactive state', async () => {
    world.server.text('Hello')
    const restored = await restoreTaskState({ client: world.client, taskId: 't1' })
    if (!restored.found) throw new Error('nothing was restored')
    const state = reactive({ observer: restored.observer })
    const container = document.createElement('div')
    createApp(() => h(Text, { task: state.observer as TaskObserver })).mount(container)
    expect(container.textContent).toBe('Hello')
    await views[0]?.cancel()
    world.server.text(' world')
    await pass(1_000)
    expect(container.textContent).toBe('Hello world')
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })
})

describe('useTask of a page that a server has rendered', () => {
  it('asks for nothing on the server, and keeps nothing there', async () => {
    world.server.text('Hello')
    expect(await renderToString(createSSRApp(Text, { task: 't1' }))).toBe('<p></p>')
    await pass(10_000)
    expect(world.server.requests).toEqual([])
    expectRest()
  })

  it('hydrates without a mismatch, also where another part of the page already follows the task', async () => {
    world.server.text('Hello')
    mountPage(ref('t1'))
    await pass(200)
    const island = document.createElement('div')
    island.innerHTML = await renderToString(createSSRApp(Text, { task: 't1' }))
    const complained = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
    createSSRApp(Text, { task: 't1' }).mount(island)
    await pass(0)
    expect(island.textContent).toBe('Hello')
    expect(complained.flatMap((spy) => spy.mock.calls)).toEqual([])
    vi.restoreAllMocks()
  })
})
