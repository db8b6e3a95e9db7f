import { expect, it } from 'vitest'
import { memoryStore, type TaskStore } from '../src/index.ts'
import { managerFor, until } from './support/test-manager.ts'

/** A store that takes no events until it is back. */
function storeThatIsAway(): { store: TaskStore; comeBack(): void } {
  const real = memoryStore()
  let away = true
  const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
    append: (batch: Parameters<TaskStore['append']>[0]) =>
      away ? Promise.reject(new Error('the store is away')) : real.append(batch),
  })
  return {
    store,
    comeBack: () => {
      away = false
    },
  }
}

it('one run fills what all may leave waiting: it ends with buffer_full, and the others go on', async () => {
  const { store, comeBack } = storeThatIsAway()
  const answers: boolean[] = []
  let isFull = false
  const manager = managerFor(
    async ({ input, emit, flush }) => {
      if (input === 'modest') {
        answers.push(emit('text_chunk', { content: 'before' }))
        await until(() => isFull)
        // Its own buffer is nearly empty; it is all of them together that hold too much.
        answers.push(emit('text_chunk', { content: 'after' }))
        comeBack()
        await flush()
      } else {
        await until(() => answers.length === 1)
        try {
          for (;;) emit('text_chunk', { content: 'x'.repeat(4_000) })
        } finally {
          isFull = true
        }
      }
    },
    { store, limits: { maxEventBytes: 8_192, maxBufferedBytes: 100_000 }, onError: () => {} },
  )
  const modest = await manager.create({ userId: 'u1', input: 'modest' })
  const flooding = await manager.create({ userId: 'u2', input: 'flooding' })
  expect((await flooding.finished()).error).toMatch(/maxBufferedBytes.*buffer_full/)
  expect((await modest.finished()).status).toBe('succeeded')
  expect(answers).toEqual([true, false])
  expect((await manager.stats()).bufferedBytes).toBe(0)
})

it('a manager whose bound could not hold one event is refused', () => {
  const limits = { maxBufferedBytes: 1_000 }
  expect(() => managerFor(() => {}, { limits })).toThrow(/maxBufferedBytes/)
})
