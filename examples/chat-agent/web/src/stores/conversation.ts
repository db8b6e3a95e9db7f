import {
  restoreTaskState,
  TaskClient,
  TaskClientError,
  type TaskInfo,
  type TaskObserver,
  type TaskSnapshot,
} from '@outlast/client'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'

/** One question and its answer. */
export interface Turn {
  readonly taskId: string
  readonly message: string
  readonly observer: TaskObserver
  snapshot: TaskSnapshot
}

/** Finished turns shown after a refresh; older ones stay on the server. */
const turnsShown = 20

/** Ended, or lost: a server without a store forgets its tasks when it is restarted, and then waiting is in vain. */
const isOver = ({ status, connection }: TaskSnapshot): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled' || connection === 'failed'

const sentenceOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : 'Something went wrong that has no name.'

/** The conversation on the screen. All of it comes from the server's tasks; the page keeps nothing of its own. */
export const useConversation = defineStore('conversation', () => {
  const client = new TaskClient()
  const turns = shallowRef<readonly Turn[]>([])
  const conversationId = ref<string | null>(null)
  const loading = ref(true)
  const sending = ref<string | null>(null)
  const problem = ref<string | null>(null)
  const restored = ref<string | null>(null)

  const active = computed(() => turns.value.find(({ snapshot }) => !isOver(snapshot)) ?? null)
  const stopping = computed(() => active.value?.snapshot.status === 'cancel_requested')
  const title = computed(() => turns.value.find(({ snapshot }) => snapshot.title)?.snapshot.title ?? null)

  function follow(message: string, observer: TaskObserver): Turn {
    const turn: Turn = shallowReactive({
      taskId: observer.taskId,
      message,
      observer,
      snapshot: observer.getSnapshot(),
    })
    observer.subscribe(() => {
      turn.snapshot = observer.getSnapshot()
      if (turn.snapshot.conversationId !== null) conversationId.value = turn.snapshot.conversationId
    })
    return turn
  }

  const followFinished = (task: TaskInfo): Turn => follow(task.message ?? '', client.observe(task.task_id))

  /** Brings back what the page showed before it was refreshed or closed, on this device or another. */
  async function load(): Promise<void> {
    loading.value = true
    problem.value = null
    try {
      const running = await restoreTaskState({ client })
      const newest = running.found ? running.task : (await client.list({ limit: 1 })).tasks[0]
      const conversation = newest?.conversation_id ?? null
      const finished =
        conversation === null
          ? []
          : (await client.list({ conversationId: conversation, limit: turnsShown })).tasks
      const earlier = [...finished]
        .reverse()
        .filter(({ task_id }) => !running.found || task_id !== running.task.task_id)
      turns.value = [
        ...earlier.map(followFinished),
        ...(running.found ? [follow(running.task.message ?? '', running.observer)] : []),
      ]
      conversationId.value = conversation
      restored.value = running.found ? running.task.task_id : null
    } catch (thrown) {
      problem.value = `The conversation could not be loaded. ${sentenceOf(thrown)}`
    } finally {
      loading.value = false
    }
  }

  /** @returns whether the message was taken; if not, `problem` says why. */
  async function send(message: string): Promise<boolean> {
    if (active.value !== null || sending.value !== null) return false
    sending.value = message
    problem.value = null
    restored.value = null
    try {
      const { task_id } = await client.start({ message, conversation_id: conversationId.value })
      turns.value = [...turns.value, follow(message, client.observe(task_id, { watermark: 0 }))]
      return true
    } catch (thrown) {
      if (TaskClientError.is(thrown, 'task_already_running')) {
        await load()
        problem.value =
          'Another page of yours has started an answer. It is shown here; send yours when it is done.'
      } else problem.value = sentenceOf(thrown)
      return false
    } finally {
      sending.value = null
    }
  }

  async function stop(): Promise<void> {
    try {
      await active.value?.observer.cancel('stopped on the page')
    } catch (thrown) {
      problem.value = `The stop did not reach the server. ${sentenceOf(thrown)}`
    }
  }

  /** The old conversation stays on the server; this page turns to a new one. */
  function begin(): void {
    if (active.value !== null) return
    turns.value = []
    conversationId.value = null
    restored.value = null
    problem.value = null
  }

  return { turns, active, stopping, title, loading, sending, problem, restored, load, send, stop, begin }
})
