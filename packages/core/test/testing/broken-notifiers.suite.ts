import type { TaskNotifier } from '../../src/store/index.ts'
import { localNotifier } from '../../src/stores/local-notifier.ts'
import { runTaskNotifierConformance } from '../../src/testing/index.ts'
import { brokenNotifiers } from './broken-notifiers.ts'

// Run by task-notifier-conformance.test.ts, which expects these to fail.
for (const [promise, { damage }] of Object.entries(brokenNotifiers)) {
  runTaskNotifierConformance(`a notifier that ${promise}`, () => {
    const sound = localNotifier({ onError: () => {} })
    const notifier = Object.assign(Object.create(sound) as TaskNotifier, damage(sound))
    return { notifier, reconnect: async () => {}, dispose: () => sound.close() }
  })
}
