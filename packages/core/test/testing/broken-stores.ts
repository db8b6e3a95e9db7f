import { isFinalStatus } from '../../src/protocol/index.ts'
import type { Append, AppendOutcome, TaskRecord, TaskStore } from '../../src/store/index.ts'
import type { ConformanceGroup } from '../../src/testing/index.ts'

/** A store that breaks one promise. */
export interface BrokenStore {
  /** The groups that must find it out; no other has a reason to fail. */
  groups: readonly ConformanceGroup[]
  /** Wraps a sound store. */
  damage: (store: TaskStore) => Partial<TaskStore>
}

type AppendOne = (append: Append) => Promise<AppendOutcome>

/** Replaces the append of one element. */
function appending(store: TaskStore, appendOne: AppendOne): Partial<TaskStore> {
  return {
    async append(batch) {
      if (batch.length === 0) return store.append(batch)
      const outcomes: AppendOutcome[] = []
      for (const append of batch) outcomes.push(await appendOne(append))
      return outcomes
    },
  }
}

async function one(store: TaskStore, append: Append): Promise<AppendOutcome> {
  const [outcome] = await store.append([append])
  if (outcome === undefined) throw new Error('the store answered nothing')
  return outcome
}

function without<Key extends keyof Append>(append: Append, key: Key): Omit<Append, Key> {
  const { [key]: _, ...rest } = append
  return rest
}

/** Stores with one defect each, by the promise that they break. */
export const brokenStores: Readonly<Record<string, BrokenStore>> = {
  'accepts a fenced token': {
    groups: ['events', 'leases'],
    damage(store) {
      const newest = new Map<string, string>()
      return {
        ...appending(store, (append) =>
          one(store, { ...append, token: newest.get(append.taskId) ?? append.token }),
        ),
        async acquireLease(id, query) {
          const answer = await store.acquireLease(id, query)
          if (answer.outcome === 'acquired') newest.set(id, answer.token)
          return answer
        },
      }
    },
  },
  'doubles a retried append': {
    groups: ['events', 'capping', 'concurrency'],
    damage(store) {
      const sent = new Set<string>()
      return appending(store, async (append) => {
        const text = JSON.stringify(append)
        const again = sent.has(text)
        sent.add(text)
        const at = again ? ((await store.getTask(append.taskId))?.nextIdx ?? append.at) : append.at
        return one(store, { ...append, at })
      })
    },
  },
  'forgets signals at a takeover': {
    groups: ['signals'],
    damage: (store) => ({
      async acquireLease(id, query) {
        const answer = await store.acquireLease(id, query)
        return answer.outcome === 'acquired' && query.seen ? { ...answer, signals: [] } : answer
      },
    }),
  },
  'lets the last write of a stop win': {
    groups: ['signals'],
    damage(store) {
      const stops = new Map<string, { reason: string; actor: string }>()
      const restate = (task: TaskRecord): TaskRecord =>
        task.stop === null ? task : { ...task, stop: { ...task.stop, ...stops.get(task.id) } }
      return {
        signal(id, signal) {
          if (signal.kind === 'stop') stops.set(id, { reason: signal.reason, actor: signal.actor })
          return store.signal(id, signal)
        },
        async getTask(id) {
          const task = await store.getTask(id)
          return task && restate(task)
        },
      }
    },
  },
  'renumbers after a trim': {
    groups: ['capping'],
    damage: (store) => ({
      async readEvents(id, query) {
        const page = await store.readEvents(id, query)
        return page && { ...page, from: page.from - page.task.firstIdx }
      },
    }),
  },
  'shows events before their commit': {
    groups: ['concurrency'],
    damage(store) {
      const coming = new Map<string, Append>()
      return {
        ...appending(store, async (append) => {
          coming.set(append.taskId, append)
          await new Promise(setImmediate)
          const outcome = await one(store, append)
          coming.delete(append.taskId)
          return outcome
        }),
        async readEvents(id, query) {
          const page = await store.readEvents(id, query)
          const append = coming.get(id)
          const next = page && page.from + page.events.length
          return page && append?.at === next
            ? { ...page, events: [...page.events, ...(append?.events ?? [])] }
            : page
        },
      }
    },
  },
  'writes an append event by event': {
    groups: ['records', 'events', 'concurrency'],
    damage: (store) =>
      appending(store, async (append) => {
        if (append.final || append.snapshot || append.events.length < 2) return one(store, append)
        for (const [position, text] of append.events.slice(0, -1).entries()) {
          const part = await one(store, { ...append, at: append.at + position, events: [text] })
          if (part.outcome !== 'ok') return part
          await new Promise(setImmediate)
        }
        const last = append.events.length - 1
        return one(store, { ...append, at: append.at + last, events: append.events.slice(last) })
      }),
  },
  'ignores unlessStopped': {
    groups: ['events', 'concurrency'],
    damage: (store) => appending(store, (append) => one(store, without(append, 'unlessStopped'))),
  },
  'stops a batch at the first refusal': {
    groups: ['events'],
    damage(store) {
      return {
        async append(batch) {
          if (batch.length === 0) return store.append(batch)
          const outcomes: AppendOutcome[] = []
          for (const append of batch) {
            const refused = outcomes.find(({ outcome }) => outcome !== 'ok')
            outcomes.push(refused ?? (await one(store, append)))
          }
          return outcomes
        },
      }
    },
  },
  'promotes every queued task': {
    groups: ['activeTask'],
    damage(store) {
      const ended = new Set<string>()
      return {
        ...appending(store, async (append) => {
          const outcome = await one(store, append)
          const task = await store.getTask(append.taskId)
          if (task?.scope && isFinalStatus(task.status)) ended.add(task.scope)
          return outcome
        }),
        async getTask(id) {
          const task = await store.getTask(id)
          const freed = task !== null && ended.has(task.scope ?? '') && !isFinalStatus(task.status)
          return freed ? { ...task, holdsSlot: true } : task
        },
      }
    },
  },
  'moves a queue up without a new revision': {
    groups: ['activeTask', 'concurrency'],
    damage(store) {
      const first = new Map<string, number>()
      return {
        async getTask(id) {
          const task = await store.getTask(id)
          if (task === null || task.queuePosition === null) return task
          const revision = first.get(id) ?? task.revision
          first.set(id, revision)
          return { ...task, revision }
        },
      }
    },
  },
  'never moves a queue up': {
    groups: ['activeTask'],
    damage(store) {
      const first = new Map<string, number>()
      return {
        async getTask(id) {
          const task = await store.getTask(id)
          if (task === null || task.queuePosition === null) return task
          const queuePosition = first.get(id) ?? task.queuePosition
          first.set(id, queuePosition)
          return { ...task, queuePosition }
        },
      }
    },
  },
  'lists queued tasks without their place': {
    groups: ['activeTask'],
    damage: (store) => ({
      async listTasks(query) {
        const { tasks, nextCursor } = await store.listTasks(query)
        return { tasks: tasks.map((task) => ({ ...task, queuePosition: null })), nextCursor }
      },
    }),
  },
  'loses idempotency keys': {
    groups: ['activeTask', 'concurrency', 'badData'],
    damage: (store) => ({
      createTask: (draft, onConflict) => store.createTask({ ...draft, idempotency: null }, onConflict),
    }),
  },
  'checks a scope before it takes it': {
    groups: ['concurrency'],
    damage(store) {
      const checking = new Map<string | null, number>()
      return {
        async createTask(draft, onConflict) {
          const others = checking.get(draft.scope) ?? 0
          checking.set(draft.scope, others + 1)
          await new Promise(setImmediate)
          checking.delete(draft.scope)
          return store.createTask(others > 0 ? { ...draft, scope: null } : draft, onConflict)
        },
      }
    },
  },
  'hands out a stale snapshot': {
    groups: ['capping'],
    damage(store) {
      const first = new Map<string, NonNullable<Append['snapshot']>>()
      return {
        ...appending(store, (append) => {
          if (append.snapshot && !first.has(append.taskId)) first.set(append.taskId, append.snapshot)
          return one(store, append)
        }),
        async readEvents(id, query) {
          const page = await store.readEvents(id, query)
          return page?.snapshot ? { ...page, snapshot: first.get(id) ?? null } : page
        },
      }
    },
  },
  'hands out a snapshot as it came, with what was for the store alone': {
    groups: ['capping'],
    damage: (store) => ({
      async readEvents(id, query) {
        const page = await store.readEvents(id, query)
        return page?.snapshot ? { ...page, snapshot: { ...page.snapshot, minBytes: 4 } } : page
      },
    }),
  },
  'hands out snapshots of folds that nobody asked for': {
    groups: ['capping'],
    damage: (store) => ({
      readEvents: (id, query) => store.readEvents(id, { ...query, folds: ['f@1', 'f@2'] }),
    }),
  },
  'takes over what was not seen': {
    groups: ['leases'],
    damage: (store) => ({
      async acquireLease(id, query) {
        const work = await store.listWork({ pendingForMs: 0, expiringWithinMs: 0, limit: 1_000 })
        const lease = work.find(({ taskId }) => taskId === id)
        const seen = lease?.token ? { token: lease.token, beat: lease.beat } : undefined
        return store.acquireLease(id, { ...query, ...(seen && { seen }) })
      },
    }),
  },
  'takes a repeated claim for a new one': {
    groups: ['leases'],
    damage(store) {
      let claims = 0
      return { acquireLease: (id, query) => store.acquireLease(id, { ...query, claimId: `${++claims}` }) }
    },
  },
  'renews leases that were only checked': {
    groups: ['leases'],
    damage: (store) => ({ checkLeases: (own, renewMs = 10_000) => store.checkLeases(own, renewMs) }),
  },
  'offers queued tasks as work': {
    groups: ['work'],
    damage(store) {
      const queued: Array<{ id: string; type: string }> = []
      return {
        async createTask(draft, onConflict) {
          const answer = await store.createTask(draft, onConflict)
          if (answer.outcome === 'created' && !answer.task.holdsSlot) queued.push(draft)
          return answer
        },
        async listWork(query) {
          const extra = queued.map(({ id, type }) => ({ taskId: id, type, token: null, beat: 0 }))
          const work = await store.listWork(query)
          return [...work, ...extra.map((item) => ({ ...item, reason: 'pending' as const }))]
        },
      }
    },
  },
  'lets old work hide what is urgent': {
    groups: ['work'],
    damage: (store) => ({
      async listWork(query) {
        const work = await store.listWork({ ...query, limit: 1_000 })
        const tasks = await Promise.all(work.map(({ taskId }) => store.getTask(taskId)))
        const age = new Map(tasks.map((task) => [task?.id, task?.createdAt ?? 0]))
        const places = [...work].sort((a, b) => (age.get(a.taskId) ?? 0) - (age.get(b.taskId) ?? 0))
        return places.slice(0, query.limit)
      },
    }),
  },
  'asks for the types of what is to be ended': {
    groups: ['work'],
    damage: (store) => ({
      async listWork(query) {
        const work = await store.listWork(query)
        return work.filter(({ type }) => query.types?.includes(type) ?? true)
      },
    }),
  },
  'lists the oldest task first': {
    groups: ['lists', 'retention'],
    damage: (store) => ({
      async listTasks(query) {
        const page = await store.listTasks(query)
        return { ...page, tasks: [...page.tasks].reverse() }
      },
    }),
  },
  'forgets where a list goes on': {
    groups: ['lists'],
    damage: (store) => ({
      listTasks({ cursor: _, ...query }) {
        return store.listTasks(query)
      },
    }),
  },
  'deletes tasks that have not finished': {
    groups: ['retention'],
    damage: (store) => ({
      async deleteTask(id) {
        const answer = await store.deleteTask(id)
        return answer === 'not_finished' ? 'deleted' : answer
      },
    }),
  },
  'parses what it stores': {
    groups: ['badData'],
    damage: (store) =>
      appending(store, (append) =>
        one(store, { ...append, events: append.events.map((text) => JSON.stringify(JSON.parse(text))) }),
      ),
  },
  'hands out the record that it goes on writing': {
    groups: ['records'],
    damage(store) {
      const records = new Map<string, TaskRecord>()
      const live = (task: TaskRecord): TaskRecord => {
        const record = Object.assign(records.get(task.id) ?? {}, task)
        records.set(task.id, record)
        return record
      }
      return {
        async createTask(draft, onConflict) {
          const answer = await store.createTask(draft, onConflict)
          return answer.outcome === 'created' ? { ...answer, task: live(answer.task) } : answer
        },
        async acquireLease(id, query) {
          const answer = await store.acquireLease(id, query)
          return answer.outcome === 'acquired' ? { ...answer, task: live(answer.task) } : answer
        },
      }
    },
  },
  'goes on after it was closed': {
    groups: ['records'],
    damage: () => ({ close: async () => {} }),
  },
}
