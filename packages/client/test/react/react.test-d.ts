import type { TaskClient, TaskListQuery, TaskListSnapshot, TaskObserver, TaskSnapshot } from '@outlast/client'
import {
  type TaskActions,
  TaskClientProvider,
  type TaskClientProviderProps,
  type TaskListView,
  type TaskView,
  type UseTaskListOptions,
  type UseTaskOptions,
  useTask,
  useTaskClient,
  useTaskList,
} from '@outlast/client/react'
import { createElement, type ReactElement } from 'react'
import { expectTypeOf, test } from 'vitest'

const client = {} as TaskClient

test('useTask answers a view for a task, and null only where there may be none', () => {
  expectTypeOf(useTask('t1')).toEqualTypeOf<TaskView>()
  expectTypeOf(useTask({} as TaskObserver, { client, watermark: 0 })).toEqualTypeOf<TaskView>()
  expectTypeOf(useTask('t1' as string | null)).toEqualTypeOf<TaskView | null>()
  expectTypeOf(useTask(undefined)).toEqualTypeOf<TaskView | null>()
  expectTypeOf<TaskView>().toExtend<TaskSnapshot & TaskActions>()
  expectTypeOf<keyof TaskActions>().toEqualTypeOf<'cancel' | 'sendInput' | 'cancelTool'>()
  expectTypeOf<UseTaskOptions['watermark']>().toEqualTypeOf<number | undefined>()
  // @ts-expect-error a task has an id that is a string
  void useTask(7)
  // @ts-expect-error no such option
  void useTask('t1', { from: 0 })
})

test('useTaskList takes what the list takes, but for a signal', () => {
  expectTypeOf(useTaskList()).toEqualTypeOf<TaskListView>()
  expectTypeOf(useTaskList).parameter(0).toEqualTypeOf<Omit<TaskListQuery, 'signal'> | undefined>()
  expectTypeOf(useTaskList).parameter(1).toEqualTypeOf<UseTaskListOptions | undefined>()
  expectTypeOf<TaskListView>().toExtend<TaskListSnapshot & { refresh(): void }>()
  // @ts-expect-error the component is its signal
  void useTaskList({ signal: new AbortController().signal })
})

test('a client comes from the provider, which is an element by the types of every React, or from the caller', () => {
  expectTypeOf(useTaskClient).toEqualTypeOf<(client?: TaskClient) => TaskClient>()
  expectTypeOf(TaskClientProvider).toEqualTypeOf<(properties: TaskClientProviderProps) => ReactElement>()
  void createElement(TaskClientProvider, { client }, 'children')
  // @ts-expect-error a provider without a client
  void createElement(TaskClientProvider, {})
})
