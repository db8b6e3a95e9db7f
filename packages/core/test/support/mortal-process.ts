import { defaults } from '../../src/defaults.ts'
import { localDispatcher } from '../../src/dispatchers/local.ts'
import {
  type Append,
  type Clock,
  type Signal,
  type TaskDispatcher,
  TaskManager,
  type TaskManagerOptions,
  type TaskNotifier,
  type TaskStore,
} from '../../src/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import { localNotifier } from '../../src/stores/local-notifier.ts'
import type { Lifespan } from './lifespan.ts'

/** Answer to a client whose server went away before it answered. */
export const unanswered: unique symbol = Symbol('unanswered')

/** A manager in a process that can die. */
export interface MortalProcess {
  readonly name: string
  readonly life: Lifespan
  readonly manager: TaskManager
  /** What a client asks of this process: it never hears of an answer that was on the way when the process died. */
  ask<Answer>(
    name: string,
    request: (manager: TaskManager) => Promise<Answer>,
  ): Promise<Answer | typeof unanswered>
}

/** Starts a manager whose every way out of the process goes through its lifespan. */
export function startProcess(
  name: string,
  life: Lifespan,
  options: TaskManagerOptions & { store: TaskStore; clock: Clock },
): MortalProcess {
  const { store, clock, onError } = options
  const dispatcher = localDispatcher({
    concurrency: options.concurrency ?? defaults.concurrency,
    onError: (error, taskId) => onError?.(error, { stage: 'dispatch', taskId }),
  })
  const manager = new TaskManager({
    ...options,
    store: mortalStore(store, life),
    notifier: mortalNotifier(localNotifier(), life),
    dispatcher: mortalDispatcher(dispatcher, life),
    clock: { now: clock.now, schedule: (callback, ms) => life.schedule(clock, callback, ms) },
  })
  return {
    name,
    life,
    manager,
    async ask(what, request) {
      if (life.isGone) return unanswered
      const answer = request(manager).then(async (value) => {
        await life.pass(`the answer to ${what}`)
        return value
      })
      return Promise.race([answer, life.ended.then((): typeof unanswered => unanswered)])
    },
  }
}

function mortalStore(store: TaskStore, life: Lifespan): TaskStore {
  return new Proxy(store, {
    get(target, name: keyof TaskStore) {
      if (name === 'newTaskId') return target.newTaskId
      const method = target[name] as (...args: unknown[]) => Promise<unknown>
      return (...args: unknown[]) =>
        life.call(`store.${nameOfCall(name, args)}`, () => method.apply(target, args))
    },
  })
}

/** A call of the store, said so that a failed test can be understood from it. */
function nameOfCall(method: keyof TaskStore, args: readonly unknown[]): string {
  if (method === 'append') {
    const types = (args[0] as readonly Append[]).map(({ events, final }) =>
      [...events.map((text) => (JSON.parse(text) as TaskEvent).type), ...(final ? ['final'] : [])].join('+'),
    )
    return `append ${types.join(' and ')}`
  }
  if (method === 'signal') return `signal ${(args[1] as Signal).kind}`
  if (method === 'acquireLease') return `acquireLease to ${(args[1] as { purpose: string }).purpose}`
  return method
}

function mortalNotifier(notifier: TaskNotifier, life: Lifespan): TaskNotifier {
  return {
    publish: (hints) => {
      const names = hints.map((hint) => hint.slice(0, hint.indexOf(':')))
      if (life.passNow(`before publish ${names.join(' and ')}`)) notifier.publish(hints)
    },
    subscribe: (hint, onHint) => notifier.subscribe(hint, () => !life.isGone && onHint()),
    close: () => life.call('notifier.close', () => notifier.close()),
  }
}

function mortalDispatcher(dispatcher: TaskDispatcher, life: Lifespan): TaskDispatcher {
  return {
    start: (run) => dispatcher.start(run),
    dispatch: (job) => life.call('dispatch', () => dispatcher.dispatch(job)),
    withdraw: (taskId) => life.call('withdraw', () => dispatcher.withdraw(taskId)),
    release(taskId) {
      const takePlace = dispatcher.release?.(taskId) ?? (() => Promise.resolve())
      return () => life.call('taking a place again', takePlace)
    },
    queued: () => dispatcher.queued?.() ?? 0,
    stop: () => life.call('dispatcher.stop', () => dispatcher.stop()),
  }
}
