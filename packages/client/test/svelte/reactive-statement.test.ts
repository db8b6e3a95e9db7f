// @vitest-environment happy-dom
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { VERSION } from 'svelte/compiler'
import type { createClassComponent as CreateClassComponent } from 'svelte/legacy'
import { expect, it } from 'vitest'
import { taskReadable } from '../../src/svelte/index.ts'
import { makeWorld } from '../support/make-world.ts'
import { compileComponent } from './compile-component.ts'

interface MountOptions {
  target: Element
  props: Record<string, unknown>
}

/** A component on the page, as Svelte 4 handles one. */
interface Mounted {
  $set(props: Record<string, unknown>): void
  $destroy(): void
}

async function mount(component: unknown, options: MountOptions): Promise<Mounted> {
  if (VERSION.startsWith('4.')) return new (component as new (given: MountOptions) => Mounted)(options)
  // What is installed under the name 'svelte/legacy' depends on conditions that tests in Node do not set.
  const entry = createRequire(import.meta.url).resolve('svelte/package.json')
  const place = new URL('src/legacy/legacy-client.js', pathToFileURL(entry))
  const { createClassComponent }: { createClassComponent: typeof CreateClassComponent } = await import(
    place.href
  )
  type Options = Parameters<typeof CreateClassComponent>[0]
  return createClassComponent({ component: component as Options['component'], ...options })
}

// `npm run peers` runs this with Svelte 4 itself; Svelte 5 still takes such components.
it('shows its task, follows its id and lets go of it in a component of Svelte 4', async () => {
  const source = `
    <script>
      export let client
      export let taskReadable
      export let taskId
      $: task = taskReadable(client, taskId)
    </script>
    <p>{$task.taskId}: {#each $task.blocks as block (block.key)}{block.content}{/each}</p>`
  const { client, clock, platform, server } = makeWorld()
  server.text('Hello')
  const target = document.createElement('div')
  const props = { client, taskReadable, taskId: 't1' }
  const mounted = await mount(await compileComponent(source, 'client'), { target, props })
  await clock.advance(200)
  expect(target.textContent).toBe('t1: Hello')
  server.events = []
  mounted.$set({ taskId: 't2' })
  await clock.advance(1_000)
  expect(target.textContent).toBe('t2: ')
  expect(server.reads.at(-1)?.path).toBe('/api/tasks/t2')
  expect(server.inFlight + clock.pending).toBe(1)
  mounted.$destroy()
  await clock.advance(0)
  expect([clock.pending, platform.listeners.size, server.inFlight]).toEqual([0, 0, 0])
})
