import {
  type ComputedRef,
  computed,
  type MaybeRefOrGetter,
  shallowRef,
  toRaw,
  toValue,
  watchPostEffect,
} from 'vue'
import { markFrom, shareTask, type TaskActions } from '../bindings/index.ts'
import type { TaskClient, TaskObserver, TaskSnapshot } from '../index.ts'

/** Settings of {@link useTask}. */
export interface UseTaskOptions {
  client: Pick<TaskClient, 'observe'>
  /** Idx from which on blocks animate here. Default: the observer's own; 0 for a task that this page has started. */
  watermark?: MaybeRefOrGetter<number | undefined>
}

/** All that a component shows of a task, and what it can do to it. */
export interface TaskView extends TaskSnapshot, TaskActions {}

/**
 * Follows a task until the scope ends that it is called in, which is the component's as a rule. All that follow the
 * same task with the same client share one observer. On a server nothing is asked.
 *
 * @param task id of the task, an observer of it, or `null` for none yet; also as a ref or getter, which may change
 * @returns the view, `null` for none; it is immutable, and another one as soon as, and only when, anything changed
 *
 * @example
 * const task = useTask(() => props.taskId, { client })
 */
export function useTask(
  task: MaybeRefOrGetter<string | TaskObserver>,
  options: UseTaskOptions,
): ComputedRef<TaskView>
export function useTask(
  task: MaybeRefOrGetter<string | TaskObserver | null | undefined>,
  options: UseTaskOptions,
): ComputedRef<TaskView | null>
export function useTask(
  task: MaybeRefOrGetter<string | TaskObserver | null | undefined>,
  { client, watermark }: UseTaskOptions,
): ComputedRef<TaskView | null> {
  const shared = computed(() => {
    // An observer has private fields, which Vue's proxies cannot reach.
    const wanted = toRaw(toValue(task))
    return wanted == null ? null : shareTask(client, wanted)
  })
  const shown = shallowRef<TaskSnapshot>()
  let isSetUp = false
  // A post effect runs after mounting, so not before a server's markup was taken over. On a server Vue 3.4 runs it right here.
  watchPostEffect((onCleanup) => {
    const followed = shared.value
    if (followed === null || !isSetUp) return
    const show = (): void => {
      shown.value = followed.getSnapshot()
    }
    onCleanup(followed.subscribe(show))
    show()
  })
  isSetUp = true
  return computed(() => {
    const followed = shared.value
    if (followed === null) return null
    const first = followed.getServerSnapshot()
    const snapshot = shown.value?.taskId === first.taskId ? shown.value : first
    return { ...markFrom(snapshot, toValue(watermark)), ...followed.actions }
  })
}
