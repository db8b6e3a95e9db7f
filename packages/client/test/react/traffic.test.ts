import { createElement, type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { TaskClientProvider, useTask } from '../../src/react/index.ts'
import { textOf } from '../support/make-world.ts'
import { everyTransport, openWorld, until } from '../transports/push-world.ts'

// Not vitest's own environment: that would give the server, which runs here too, the browser's AbortSignal and fetch.
await vi.hoisted(async () => {
  const { Window } = await import('happy-dom')
  const window = new Window()
  const { document, navigator } = window
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', document)
  vi.stubGlobal('navigator', navigator)
})

type Transport = (typeof everyTransport)[number]

function Text({ taskId }: { taskId: string }): ReactNode {
  const view = useTask(taskId)
  return createElement('p', null, view === null ? '' : textOf(view))
}

/** What components cost that show a task of ten words, each of which comes when all of them show the one before. */
async function costOf(components: number, { make }: Transport): Promise<{ requests: number; open: number }> {
  const world = await openWorld()
  const task = await world.openTask()
  const container = document.createElement('div')
  const root = createRoot(container)
  onTestFinished(() => root.unmount())
  const all = Array.from({ length: components }, (_, key) => createElement(Text, { key, taskId: task.id }))
  const client = world.connect({ transport: make() })
  root.render(createElement(StrictMode, null, createElement(TaskClientProvider, { client }, all)))
  let text = ''
  let open = 0
  for (let word = 0; word < 10; word++) {
    text += `${word} `
    await task.text(`${word} `)
    await until(() => container.textContent === text.repeat(components))
    open = Math.max(open, world.connections)
  }
  return { requests: world.seen.length, open }
}

describe.each(everyTransport)('over $name', (transport) => {
  it('scenario 8 · twenty components in StrictMode ask as often as one, over as many connections', async () => {
    const [one, twenty] = [await costOf(1, transport), await costOf(20, transport)]
    expect(one.requests).toBeGreaterThan(1)
    expect(twenty.requests).toBeLessThanOrEqual(1.5 * one.requests)
    // One that a read has left open, and one to follow through.
    expect(Math.max(one.open, twenty.open)).toBeLessThanOrEqual(2)
  })
})
