// One tab that shows one task. The query says who uses it, which task it shows and how it is followed, and the name that
// its requests carry.
import { TaskClient } from '@outlast/client'
import { tabs } from '@outlast/client/tabs'
import { transportOf } from '../client-page/make-client.ts'
import type { TabProbe } from './tab-probe.ts'

const query = new URLSearchParams(location.search)
const named = (name: string): string => query.get(name) ?? ''
const client = new TaskClient({
  transport: transportOf(query),
  tabs: tabs(),
  headers: () => ({ authorization: `Bearer ${named('user')}.${named('tab')}` }),
})
const observer = client.observe(named('task'))
const changes: TabProbe['changes'] = []
const draw = (): void => {
  const { blocks, nextOffset, status } = observer.getSnapshot()
  document.body.textContent = blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
  changes.push({ at: Date.now(), next: nextOffset, status })
}
const unmount = observer.subscribe(draw)
draw()

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
globalThis.tabProbe = {
  client,
  observer,
  changes,
  unmount,
  async remount(count) {
    for (let mount = 1; mount <= count; mount++) {
      let pushed = 0
      let next = 0
      const leave = observer.subscribe(() => {
        const { transport, nextOffset } = observer.getSnapshot()
        if (nextOffset > next && transport?.name !== 'tab' && transport?.name !== 'poll') pushed++
        next = nextOffset
      })
      // What a leader reads first may be one change; the others came over its connection.
      do await pause(mount % 5)
      while (mount % 50 === 0 && pushed < 3)
      leave()
    }
  },
}
