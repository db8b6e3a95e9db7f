// @vitest-environment happy-dom
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Component, mount as Mount, tick as Tick, unmount as Unmount } from 'svelte'
import { expect, it } from 'vitest'
import { taskReadable } from '../../src/svelte/index.ts'
import { makeWorld } from '../support/make-world.ts'
import { compileComponent } from './compile-component.ts'

const source = `
  <script>
    let { client, taskReadable } = $props()
    let taskId = $state('t1')
    const task = $derived(taskReadable(client, taskId))
    export function show(other) {
      taskId = other
    }
  </script>
  <p>{$task.taskId}: {#each $task.blocks as block (block.key)}{block.content}{/each}</p>`

it('shows its task, follows its id and lets go of it in a component of Svelte 5', async () => {
  // What is installed under the name 'svelte' depends on conditions that tests in Node do not set.
  const entry = createRequire(import.meta.url).resolve('svelte/package.json')
  const place = new URL('src/index-client.js', pathToFileURL(entry))
  const { mount, unmount, tick }: { mount: typeof Mount; unmount: typeof Unmount; tick: typeof Tick } =
    await import(place.href)
  const { client, clock, platform, server } = makeWorld()
  server.text('Hello')
  const target = document.createElement('div')
  const component = (await compileComponent(source, 'client')) as Component<
    object,
    { show(id: string): void }
  >
  const mounted = mount(component, { target, props: { client, taskReadable } })
  await clock.advance(200)
  await tick()
  expect(target.textContent).toBe('t1: Hello')
  server.events = []
  mounted.show('t2')
  await tick()
  expect(target.textContent).toBe('t2: ')
  await clock.advance(1_000)
  expect(server.reads.at(-1)?.path).toBe('/api/tasks/t2')
  expect(server.inFlight + clock.pending).toBe(1)
  await unmount(mounted)
  await clock.advance(0)
  expect([clock.pending, platform.listeners.size, server.inFlight]).toEqual([0, 0, 0])
})
