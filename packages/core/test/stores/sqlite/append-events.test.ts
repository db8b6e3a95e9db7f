import { describe, expect, it, onTestFinished } from 'vitest'
import type { Append, Claim, TaskStore } from '../../../src/store/index.ts'
import { memoryStore } from '../../../src/stores/memory/index.ts'
import { sqliteStore } from '../../../src/stores/sqlite/index.ts'
import { openTask } from '../../support/open-task.ts'
import { openSqlite } from './open-sqlite.ts'
import { sqliteDrivers } from './sqlite-drivers.ts'

const stores: Readonly<Record<string, () => TaskStore>> = Object.fromEntries([
  ['memoryStore', () => memoryStore()],
  ...sqliteDrivers().map((driver) => [
    `sqliteStore on ${driver.name}`,
    () => {
      const file = openSqlite(driver)
      onTestFinished(() => file.dispose())
      return sqliteStore(file.connect())
    },
  ]),
])

function textsOf(at: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify({ idx: at + i }))
}

for (const [name, makeStore] of Object.entries(stores)) {
  describe(`an append to ${name}`, () => {
    async function append(
      store: TaskStore,
      claim: Claim,
      fields: Partial<Append> & { at: number; events: readonly string[] },
    ) {
      const [outcome] = await store.append([{ taskId: claim.task.id, token: claim.token, ...fields }])
      return outcome
    }

    it('of any number of events keeps each under its own number', async () => {
      const store = makeStore()
      const claim = await openTask(store)
      const all: string[] = []
      for (const count of [1, 2, 31, 32, 33, 64, 65, 0, 100]) {
        const events = textsOf(all.length, count)
        const nextIdx = all.length + count
        expect(await append(store, claim, { at: all.length, events })).toMatchObject({
          outcome: 'ok',
          nextIdx,
        })
        all.push(...events)
      }
      const page = await store.readEvents(claim.task.id, { from: 0, limit: 1e6, maxBytes: 1e9 })
      expect(page?.events).toEqual(all)
      expect(page?.task).toMatchObject({ nextIdx: all.length, revision: claim.task.revision + 9 })
    })

    it('is known again when it comes twice, also behind one that trimmed what it wrote', async () => {
      const store = makeStore()
      const claim = await openTask(store)
      await append(store, claim, { at: 0, events: textsOf(0, 5), trimTo: 3 })
      const second = { at: 5, events: textsOf(5, 2) }
      expect(await append(store, claim, second)).toMatchObject({ outcome: 'ok', nextIdx: 7 })
      const before = await store.getTask(claim.task.id)
      expect(await append(store, claim, second)).toMatchObject({ outcome: 'ok', nextIdx: 7 })
      expect(await store.getTask(claim.task.id)).toEqual(before)
    })

    it('that a settled stop refuses stays refused, whatever else may be written', async () => {
      const store = makeStore()
      const claim = await openTask(store)
      await store.signal(claim.task.id, { kind: 'stop', key: 'stop', reason: 'user', actor: 'ann' })
      await append(store, claim, { at: 0, events: textsOf(0, 1), settles: ['stop'] })
      const gated = { at: 1, events: textsOf(1, 1), unlessStopped: true } as const
      expect(await append(store, claim, gated)).toEqual({ outcome: 'stopped', signals: [] })
      expect(await append(store, claim, { at: 1, events: textsOf(1, 1) })).toMatchObject({ outcome: 'ok' })
    })
  })
}
