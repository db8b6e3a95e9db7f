import type { CancelAnswer, TaskClient, TaskObserver, TaskSnapshot } from '@outlast/client'
import { type TaskActions, type TaskReadable, taskReadable } from '@outlast/client/svelte'
import { derived, type Readable } from 'svelte/store'
import { expectTypeOf, test } from 'vitest'

const client = {} as TaskClient

test('a task is a readable store with its actions', () => {
  const task = taskReadable(client, 't1', { watermark: 0 })
  expectTypeOf(task).toEqualTypeOf<TaskReadable>()
  expectTypeOf<TaskReadable>().toExtend<Readable<TaskSnapshot> & TaskActions>()
  expectTypeOf(derived(task, ({ blocks }) => blocks.length)).toEqualTypeOf<Readable<number>>()
  expectTypeOf(task.cancel('enough')).toEqualTypeOf<Promise<CancelAnswer>>()
  void taskReadable(client, {} as TaskObserver)
  // @ts-expect-error there is no store of no task
  void taskReadable(client, null)
})
