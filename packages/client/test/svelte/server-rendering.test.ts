import type { Component } from 'svelte'
import { render } from 'svelte/server'
import { expect, it } from 'vitest'
import { taskReadable } from '../../src/svelte/index.ts'
import { makeWorld } from '../support/make-world.ts'
import { compileComponent } from './compile-component.ts'

it('asks for nothing when a component is rendered on a server, and keeps nothing there', async () => {
  const { client, clock, platform, server } = makeWorld()
  server.text('Hello')
  const source = '<script>let { task } = $props()</script><p>{$task.taskId}: {$task.blocks.length}</p>'
  const component = (await compileComponent(source, 'server')) as Component<{ task: unknown }>
  const { body } = render(component, { props: { task: taskReadable(client, 't1') } })
  expect(body).toContain('<p>t1: 0</p>')
  await clock.advance(10_000)
  expect(server.requests).toEqual([])
  expect(clock.pending + platform.listeners.size).toBe(0)
})
