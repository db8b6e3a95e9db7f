// @vitest-environment happy-dom
import { act, createElement, type ReactNode, StrictMode } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TaskClientProvider, type TaskView, type UseTaskOptions, useTask } from '../../src/react/index.ts'
import { restoreTaskState } from '../../src/restore-task-state.ts'
import type { TaskObserver } from '../../src/task-observer.ts'
import { json, lateAnswer } from '../support/fake-server.ts'
import { makeWorld, textOf, type World } from '../support/make-world.ts'

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

let world: World
let container: HTMLElement
let root: Root
/** Every view that was rendered, in order. */
let views: (TaskView | null)[]

beforeEach(() => {
  world = makeWorld()
  container = document.createElement('div')
  root = createRoot(container)
  views = []
})

function Text({ task, ...options }: UseTaskOptions & { task: string | TaskObserver | null }): ReactNode {
  const view = useTask(task, options)
  views.push(view)
  return createElement('p', null, view === null ? 'none' : textOf(view))
}

const within = (...children: ReactNode[]): ReactNode =>
  createElement(TaskClientProvider, { client: world.client }, ...children)
const text = (task: string | TaskObserver | null = 't1', options: UseTaskOptions & { key?: string } = {}) =>
  createElement(Text, { task, ...options })

const render = (node: ReactNode) => act(() => root.render(node))
const pass = (ms: number) => act(() => world.clock.advance(ms))
const lastView = (): TaskView => {
  const view = views.at(-1)
  if (view == null) throw new Error('no task was shown')
  return view
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
    await render(within(text()))
    await pass(0)
    expect(container.textContent).toBe('Hello')
    server.text(' world')
    server.finish()
    await pass(1_000)
    expect(container.textContent).toBe('Hello world')
    expect(lastView()).toMatchObject({ status: 'succeeded', connection: 'done' })
    expectRest()
  })

  it('costs twenty consumers in StrictMode no more requests than one', async () => {
    const requests = async (consumers: number, strict: boolean): Promise<number> => {
      world = makeWorld()
      const own = createRoot(document.createElement('div'))
      const all = Array.from({ length: consumers }, (_, key) => text('t1', { key: `${key}` }))
      await act(() => own.render(strict ? createElement(StrictMode, null, within(all)) : within(all)))
      world.server.text('Hello')
      await pass(10_000)
      expect(world.server.mostInFlight).toBe(1)
      await act(() => own.unmount())
      await pass(10_000)
      expectRest()
      return world.server.requests.length
    }
    const alone = await requests(1, false)
    expect(alone).toBeGreaterThan(5)
    expect(await requests(20, true)).toBe(alone)
  })

  it('never shows less than before: not in StrictMode, and not when it is mounted elsewhere', async () => {
    world.server.text('Hello')
    await render(createElement(StrictMode, null, within(text())))
    await pass(200)
    await render(createElement(StrictMode, null, within(createElement('section', null, text()))))
    await pass(200)
    await render(createElement(StrictMode, null, within(text('t1', { key: 'other' }))))
    const lengths = views.map((view) => (view ? textOf(view).length : 0))
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })

  it('does not give up an answer that is on its way when it is mounted elsewhere', async () => {
    const { answer, release } = lateAnswer(() => json({ success: true, data: world.server.page({}) }))
    world.server.text('Hello')
    world.server.script(answer)
    await render(within(text()))
    await pass(0)
    await render(within(createElement('section', null, text())))
    await pass(0)
    expect(world.server.requests).toHaveLength(1)
    release()
    await pass(0)
    expect(container.textContent).toBe('Hello')
  })

  it('stops when the last consumer is gone, and a thousand mounts leave nothing behind', async () => {
    for (let round = 0; round < 1_000; round++) {
      await act(() => root.render(within(text(`t${round % 3}`), text('t1'))))
      await act(() => root.render(null))
    }
    await pass(0)
    expectRest()
    const before = world.server.requests.length
    await pass(60_000)
    expect(world.server.requests.length).toBe(before)
  })

  it('shows nothing of another task after its id changed', async () => {
    world.server.text('of the first')
    await render(within(text('t1')))
    await pass(200)
    world.server.events = []
    views = []
    await render(within(text('t2')))
    expect(views.map((view) => view?.taskId)).not.toContain('t1')
    expect(views[0]?.blocks).toEqual([])
    const asked = world.server.requests.length
    await pass(1_000)
    const paths = world.server.requests.slice(asked - 1).map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set(['/api/tasks/t2']))
    expect(world.server.inFlight + world.clock.pending).toBe(1)
  })

  it('answers null and asks for nothing while there is no task', async () => {
    await render(within(text(null)))
    await pass(10_000)
    expect(container.textContent).toBe('none')
    expect(world.server.requests).toEqual([])
    await render(within(text('t1')))
    expect(lastView().taskId).toBe('t1')
  })

  it('answers the same view while nothing changes, and the same functions for ever', async () => {
    await render(within(text()))
    await pass(200)
    const before = lastView()
    await render(within(text()))
    expect(lastView()).toBe(before)
    world.server.text('news')
    await pass(1_000)
    expect(lastView()).not.toBe(before)
    expect(lastView().cancel).toBe(before.cancel)
  })

  it('shows the wish to cancel at once, to all consumers', async () => {
    await render(within(text('t1', { key: 'a' }), text('t1', { key: 'b' })))
    await pass(200)
    const { cancel } = lastView()
    views = []
    await act(async () => void (await cancel('enough')))
    expect(views.slice(0, 2).map((view) => view?.status)).toEqual(['cancel_requested', 'cancel_requested'])
    expect(world.server.requests.find(({ method }) => method === 'POST')).toMatchObject({
      path: '/api/tasks/t1/cancel',
      body: { reason: 'enough' },
    })
  })

  it('answers questions and cancels tools of its task', async () => {
    const taken = () => json({ success: true, data: {} })
    await render(within(text()))
    await pass(200)
    world.server.script(taken)
    await act(async () => void (await lastView().sendInput({ id: 'q1', value: true })))
    await pass(200)
    world.server.script(taken)
    await act(async () => void (await lastView().cancelTool('tool 1')))
    const posts = world.server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ path, body }) => [path, body])).toEqual([
      ['/api/tasks/t1/input', { id: 'q1', value: true }],
      ['/api/tasks/t1/tools/tool%201/cancel', {}],
    ])
  })

  it('has a watermark of its own where one is asked for', async () => {
    world.server.text('old')
    await render(within(text('t1', { key: 'a' }), text('t1', { key: 'b', watermark: 0 })))
    await pass(200)
    expect(views.slice(-2).map((view) => view?.watermark)).toEqual([1, 0])
  })

  it('goes on with an observer that was restored, which shows everything in its first render', async () => {
    world.server.text('Hello')
    const restored = await restoreTaskState({ client: world.client, taskId: 't1' })
    if (!restored.found) throw new Error('nothing was restored')
    await render(within(text(restored.observer)))
    expect(views[0] && textOf(views[0])).toBe('Hello')
    world.server.text(' world')
    await pass(1_000)
    expect(container.textContent).toBe('Hello world')
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })

  it('takes the client that is passed before that of the provider, and needs one of them', async () => {
    const other = makeWorld()
    await render(within(text('t1', { client: other.client })))
    expect([world.server.requests.length, other.server.requests.length]).toEqual([0, 1])
    expect(() => renderToString(text())).toThrow('TaskClientProvider')
  })
})

describe('useTask of a page that a server has rendered', () => {
  it('asks for nothing on the server, and keeps nothing there', async () => {
    world.server.text('Hello')
    expect(renderToString(within(text(), text(null)))).toBe('<p></p><p>none</p>')
    await world.clock.advance(10_000)
    expect(world.server.requests).toEqual([])
    expectRest()
  })

  it('hydrates without a mismatch, also where another part of the page already follows the task', async () => {
    world.server.text('Hello')
    await render(within(text()))
    await pass(200)
    expect(container.textContent).toBe('Hello')

    const island = document.createElement('div')
    island.innerHTML = renderToString(within(text()))
    expect(island.textContent).toBe('')
    const recovered = vi.fn()
    const complained = vi.spyOn(console, 'error')
    await act(() => hydrateRoot(island, within(text()), { onRecoverableError: recovered }))
    expect(island.textContent).toBe('Hello')
    expect([recovered.mock.calls, complained.mock.calls]).toEqual([[], []])
    expect(world.server.reads.filter(({ query }) => query.from === '0')).toHaveLength(1)
  })
})
