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
import { conversationInAddress, showInAddress } from '../address.ts'
import { type EarlierConversation, earlierConversations } from '../earlier-conversations.ts'
import { sendProblem, sentenceOf, stopProblem } from '../problems.ts'

/** One question and its answer. */
export interface Turn {
  readonly taskId: string
  /** As far as a list tells it; the task's log has the whole of it. */
  readonly message: string
  readonly observer: TaskObserver
  snapshot: TaskSnapshot
  /** Asks the server at once, however long the pause between two questions has become. */
  lookAgain(): void
  /** Reads no more: the turn is no longer on the screen. */
  leave(): void
}

/** Where a stop stands: on its way to the server, or accepted by it. */
export type StopState = 'sending' | 'accepted'

/** Finished turns shown after a refresh; older ones stay on the server. */
const turnsShown = 20
/** Tasks in which earlier conversations are looked for. */
const tasksSearched = 50

/** Ended, or lost: a task whose time is over is removed, and then waiting is in vain. */
const isOver = ({ status, connection }: TaskSnapshot): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled' || connection === 'failed'

/** The conversation on the screen. All of it comes from the server's tasks; the page keeps its address, nothing else. */
export const useConversation = defineStore('conversation', () => {
  const client = new TaskClient()
  const turns = shallowRef<readonly Turn[]>([])
  const earlier = shallowRef<readonly EarlierConversation[]>([])
  const conversationId = ref<string | null>(null)
  const loading = ref(true)
  const sending = ref<string | null>(null)
  const problem = ref<string | null>(null)
  const restored = ref<string | null>(null)
  const acceptedStop = ref<string | null>(null)
  let loads = 0

  const active = computed(() => turns.value.find(({ snapshot }) => !isOver(snapshot)) ?? null)
  const title = computed(() => turns.value.find(({ snapshot }) => snapshot.title)?.snapshot.title ?? null)
  const stopping = computed<StopState | null>(() => {
    if (active.value?.snapshot.status !== 'cancel_requested') return null
    const { taskId, snapshot } = active.value
    const isAccepted = acceptedStop.value === taskId || snapshot.task?.status === 'cancel_requested'
    return isAccepted ? 'accepted' : 'sending'
  })

  function follow(message: string, observer: TaskObserver): Turn {
    const { taskId } = observer
    const turn: Turn = shallowReactive({
      taskId,
      message,
      observer,
      snapshot: observer.getSnapshot(),
      leave: () => unsubscribe(),
      lookAgain() {
        unsubscribe()
        unsubscribe = observer.subscribe(read)
      },
    })
    const read = (): void => {
      turn.snapshot = observer.getSnapshot()
      const resolved = turn.snapshot.conversationId
      if (conversationId.value !== null || resolved === null || !turns.value.includes(turn)) return
      conversationId.value = resolved
      showInAddress(resolved, 'replace')
    }
    let unsubscribe = observer.subscribe(read)
    return turn
  }

  const followTask = (task: TaskInfo, observer = client.observe(task.task_id)): Turn =>
    follow(task.message ?? '', observer)

  function clear(): void {
    for (const turn of turns.value) turn.leave()
    turns.value = []
  }

  /** Shows the conversation of the address; without one, the task that is running, if there is any. */
  async function load(): Promise<void> {
    const load = ++loads
    loading.value = true
    problem.value = null
    try {
      const wanted = conversationInAddress()
      const running = await restoreTaskState({ client, conversationId: wanted ?? undefined })
      const conversation = wanted ?? (running.found ? running.task.conversation_id : null)
      const [{ tasks }, recent] = await Promise.all([
        conversation === null
          ? { tasks: [] }
          : client.list({ conversationId: conversation, limit: turnsShown }),
        client.list({ limit: tasksSearched }),
      ])
      // The user has gone on to another conversation meanwhile.
      if (load !== loads) return
      const finished = [...tasks]
        .reverse()
        .filter(({ task_id }) => !running.found || task_id !== running.task.task_id)
      clear()
      conversationId.value = conversation
      turns.value = [
        ...finished.map((task) => followTask(task)),
        ...(running.found ? [followTask(running.task, running.observer)] : []),
      ]
      earlier.value = earlierConversations(recent.tasks)
      restored.value = running.found ? running.task.task_id : null
      if (conversation !== null && conversation !== wanted) showInAddress(conversation, 'replace')
      if (wanted !== null && turns.value.length === 0)
        problem.value = 'The server does not know this conversation. Finished ones are removed after a day.'
    } catch (thrown) {
      if (load === loads) problem.value = `The conversation could not be loaded. ${sentenceOf(thrown)}`
    } finally {
      if (load === loads) loading.value = false
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
        // Without its conversation, whatever the reason, `open` still finds the running task.
        const other = thrown.task && (await client.get(thrown.task.task_id).catch(() => null))
        await open(other?.conversation_id ?? null)
        problem.value =
          'Another page of yours has started an answer. It is shown here; send yours when it is done.'
      } else problem.value = sendProblem(thrown)
      return false
    } finally {
      sending.value = null
    }
  }

  async function stop(): Promise<void> {
    const turn = active.value
    if (turn === null) return
    try {
      await turn.observer.cancel('stopped on the page')
      acceptedStop.value = turn.taskId
    } catch (thrown) {
      problem.value = stopProblem(thrown)
      // A server that no longer knows the task says so to its reader too, who may be in a long pause.
      if (TaskClientError.is(thrown, 'task_not_found')) turn.lookAgain()
    }
  }

  /** Turns to another conversation, or with `null` to a new one; this one stays on the server and in the history. */
  async function open(conversation: string | null): Promise<void> {
    showInAddress(conversation, 'push')
    clear()
    await load()
  }

  return {
    ...{ turns, earlier, active, stopping, title, loading, sending, problem, restored },
    ...{ load, send, stop, open },
  }
})
