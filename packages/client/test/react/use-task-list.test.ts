// @vitest-environment happy-dom
import { act, createElement, type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TaskClientProvider, type TaskListView, useTaskList } from '../../src/react/index.ts'
import { makeTask } from '../support/fake-server.ts'
import { makeWorld, type World } from '../support/make-world.ts'

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

let world: World
let container: HTMLElement
let root: Root
/** Every view that was rendered, in order. */
let views: TaskListView[]

beforeEach(() => {
  world = makeWorld()
  container = document.createElement('div')
  root = createRoot(container)
  views = []
})

function List({ conversationId }: { conversationId?: string }): ReactNode {
  const view = useTaskList({ status: 'active', conversationId })
  views.push(view)
  return createElement('p', null, view.tasks.map(({ message }) => message).join())
}

const within = (...children: ReactNode[]): ReactNode =>
  createElement(StrictMode, null, createElement(TaskClientProvider, { client: world.client }, ...children))
const render = (node: ReactNode) => act(() => root.render(node))
const pass = (ms: number) => act(() => world.clock.advance(ms))

describe('useTaskList', () => {
  it('shows the list and what changes in it, and rests when the component is gone', async () => {
    await render(within(createElement(List)))
    await pass(0)
    expect(container.textContent).toBe('hello')
    expect(world.server.requests[0]?.query).toEqual({ status: 'active' })
    world.server.task = makeTask({ message: 'renamed' })
    await pass(5_000)
    expect(container.textContent).toBe('renamed')
    await render(null)
    await pass(0)
    expect([world.clock.pending, world.platform.listeners.size, world.server.inFlight]).toEqual([0, 0, 0])
  })

  it('costs twenty lists of the same query no more requests than one', async () => {
    const requests = async (consumers: number): Promise<number> => {
      world = makeWorld()
      const own = createRoot(document.createElement('div'))
      const all = Array.from({ length: consumers }, (_, key) => createElement(List, { key }))
      await act(() => own.render(within(all)))
      await pass(20_000)
      await act(() => own.unmount())
      return world.server.requests.length
    }
    const alone = await requests(1)
    expect(alone).toBeGreaterThan(3)
    expect(await requests(20)).toBe(alone)
  })

  it('answers the same view while nothing changes, and asks anew for another query', async () => {
    await render(within(createElement(List)))
    await pass(200)
    const before = views.at(-1)
    await render(within(createElement(List)))
    expect(views.at(-1)).toBe(before)
    await render(within(createElement(List, { conversationId: 'c1' })))
    await pass(0)
    expect(world.server.requests.at(-1)?.query).toEqual({ status: 'active', conversation_id: 'c1' })
  })

  it('looks at once when it is told to', async () => {
    await render(within(createElement(List)))
    await pass(200)
    const before = world.server.requests.length
    await act(() => views.at(-1)?.refresh())
    await pass(0)
    expect(world.server.requests.length).toBe(before + 1)
  })

  it('asks for nothing on a server', async () => {
    expect(renderToString(within(createElement(List)))).toBe('<p></p>')
    await pass(10_000)
    expect(world.server.requests).toEqual([])
  })
})
