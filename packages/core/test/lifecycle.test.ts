import { describe, expect, it } from 'vitest'
import type { LifecycleEvents } from '../src/index.ts'
import { fired, managerFor, until } from './support/test-manager.ts'

type Told = [name: keyof LifecycleEvents, detail: unknown]

const names = ['created', 'started', 'status', 'stop_requested', 'finished', 'run_ended'] as const

/** Everything but `events` that a manager tells, in order; of a record its status. */
function listen(manager: ReturnType<typeof managerFor>): Told[] {
  const told: Told[] = []
  for (const name of names) {
    manager.on(name, (subject, detail?: unknown) => {
      told.push([name, typeof subject === 'string' ? (detail ?? null) : subject.status])
    })
  }
  return told
}

describe('a manager tells', () => {
  it('of a run from its create to its end', async () => {
    const manager = managerFor(() => 'done')
    const told = listen(manager)
    const task = await manager.create({ userId: 'u1', input: null })
    await task.finished()
    await until(() => told.some(([name]) => name === 'run_ended'))
    expect(told).toEqual([
      ['created', 'pending'],
      ['started', 'running'],
      ['status', 'running'],
      ['status', 'succeeded'],
      ['finished', 'succeeded'],
      ['run_ended', null],
    ])
  })

  it('of a stop that it accepted, once', async () => {
    const manager = managerFor(({ signal }) => fired(signal))
    const told = listen(manager)
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => told.some(([name]) => name === 'started'))
    await task.cancel({ reason: 'enough' })
    await task.cancel({ reason: 'enough' })
    await until(() => told.some(([name]) => name === 'run_ended'))
    expect(told.filter(([name]) => name === 'stop_requested')).toEqual([
      ['stop_requested', { reason: 'enough', actor: 'u1' }],
    ])
    const statuses = told.filter(([name]) => name === 'status').map(([, status]) => status)
    expect(statuses.filter((status) => status !== 'cancel_requested')).toEqual(['running', 'canceled'])
    expect(told.at(-2)).toEqual(['finished', 'canceled'])
  })

  it('of the status `cancel_requested` while the run goes on', async () => {
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const manager = managerFor(() => held)
    const told = listen(manager)
    const task = await manager.create({ userId: 'u1', input: null })
    await until(() => told.some(([name]) => name === 'started'))
    await task.cancel()
    await until(() => told.some(([, status]) => status === 'cancel_requested'))
    letGo()
    await task.finished()
  })

  it('of the end of a task that never ran, without a start', async () => {
    const manager = managerFor(({ signal }) => fired(signal), { concurrency: 1 })
    const first = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(first.id))?.startedAt !== null)
    await until(async () => (await manager.stats()).queued === 0)
    const told = listen(manager)
    const waiting = await manager.create({ userId: 'u2', input: null })
    await waiting.cancel()
    expect(told.map(([name]) => name)).not.toContain('started')
    expect(told.slice(-2)).toEqual([
      ['status', 'canceled'],
      ['finished', 'canceled'],
    ])
  })

  it('of events as they are stored, an append at a time', async () => {
    const manager = managerFor(({ emit }) => void emit('text_chunk', { content: 'a' }))
    const texts: string[] = []
    manager.on('events', (_taskId, appended) => texts.push(...appended))
    const task = await manager.create({ userId: 'u1', input: null })
    await task.finished()
    expect(texts).toEqual((await manager.read(task.id))?.events)
  })
})

it('reports what a listener throws, and tells the others all the same', async () => {
  const failures: unknown[] = []
  const manager = managerFor(() => 'done', {
    onError: (error, context) => failures.push([error, context]),
  })
  const wrong = new Error('listener')
  manager.on('started', () => {
    throw wrong
  })
  const told = listen(manager)
  const task = await manager.create({ userId: 'u1', input: null })
  expect((await task.finished()).status).toBe('succeeded')
  expect(failures).toEqual([[wrong, { stage: 'listener' }]])
  expect(told.map(([name]) => name)).toContain('started')
})

it('stops telling who no longer listens', async () => {
  const manager = managerFor(() => 'done')
  const told: string[] = []
  const end = manager.on('created', ({ id }) => told.push(id))
  const first = await manager.create({ userId: 'u1', input: null })
  end()
  await manager.create({ userId: 'u2', input: null })
  expect(told).toEqual([first.id])
})
