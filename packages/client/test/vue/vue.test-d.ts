import type { TaskClient, TaskObserver, TaskSnapshot } from '@outlast/client'
import { type TaskActions, type TaskView, type UseTaskOptions, useTask } from '@outlast/client/vue'
import { expectTypeOf, test } from 'vitest'
import { type ComputedRef, computed, type MaybeRefOrGetter, type Ref, ref } from 'vue'

const client = {} as TaskClient

test('useTask takes an id, a ref or a getter, and answers null only where there may be none', () => {
  expectTypeOf(useTask('t1', { client })).toEqualTypeOf<ComputedRef<TaskView>>()
  expectTypeOf(useTask(ref('t1'), { client })).toEqualTypeOf<ComputedRef<TaskView>>()
  expectTypeOf(useTask(() => 't1', { client, watermark: ref(0) })).toEqualTypeOf<ComputedRef<TaskView>>()
  expectTypeOf(useTask({} as TaskObserver, { client })).toEqualTypeOf<ComputedRef<TaskView>>()
  const maybe: Ref<string | null> = ref(null)
  expectTypeOf(useTask(maybe, { client })).toEqualTypeOf<ComputedRef<TaskView | null>>()
  const perhaps = computed(() => maybe.value ?? undefined)
  expectTypeOf(useTask(perhaps, { client })).toEqualTypeOf<ComputedRef<TaskView | null>>()
  expectTypeOf<TaskView>().toExtend<TaskSnapshot & TaskActions>()
  expectTypeOf<UseTaskOptions['watermark']>().toEqualTypeOf<
    MaybeRefOrGetter<number | undefined> | undefined
  >()
  // @ts-expect-error a client is needed
  void useTask('t1')
  // @ts-expect-error a task has an id that is a string
  void useTask(ref(7), { client })
})
