import type { CancelAnswer, RestoredTask, StartedTask, TaskClient, TaskSnapshot } from '@outlast/client'
import { defineTaskPinia, type TaskPiniaOptions, type TaskStore } from '@outlast/client/pinia'
import { type SetupStoreDefinition, storeToRefs } from 'pinia'
import { expectTypeOf, test } from 'vitest'
import type { Ref } from 'vue'

const options: TaskPiniaOptions = { client: {} as TaskClient }

test('the store is what Pinia makes of it', () => {
  const useStore = defineTaskPinia('tasks', options)
  expectTypeOf(useStore).toEqualTypeOf<SetupStoreDefinition<'tasks', TaskStore>>()
  const store = useStore()
  expectTypeOf(store.tasks).toEqualTypeOf<Readonly<Record<string, TaskSnapshot>>>()
  expectTypeOf(store.start({ message: 'Hi' })).toEqualTypeOf<Promise<StartedTask>>()
  expectTypeOf(store.cancel('t1', 'enough')).toEqualTypeOf<Promise<CancelAnswer>>()
  expectTypeOf(store.restore({ conversationId: 'c1' })).toEqualTypeOf<Promise<RestoredTask>>()
  expectTypeOf(storeToRefs(store).tasks).toExtend<Ref<Readonly<Record<string, TaskSnapshot>>>>()
  // @ts-expect-error the store has its client
  void store.restore({ client: {} as TaskClient })
  // @ts-expect-error a client is needed
  void defineTaskPinia('tasks', {})
})
