// One tab that shows one task. The query says who uses it, which task it shows, and the name that its requests carry.
import { TaskClient } from '@outlast/client'
import { tabs } from '@outlast/client/tabs'
import type { TabProbe } from './tab-probe.ts'

const query = new URLSearchParams(location.search)
const named = (name: string): string => query.get(name) ?? ''
const client = new TaskClient({
  tabs: tabs(),
  headers: () => ({ 'x-user': named('user'), 'x-tab': named('tab') }),
})
const observer = client.observe(named('task'))
const changes: TabProbe['changes'] = []
globalThis.tabProbe = { client, observer, changes }

const draw = (): void => {
  const { blocks, nextOffset, status } = observer.getSnapshot()
  document.body.textContent = blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
  changes.push({ at: Date.now(), next: nextOffset, status })
}
observer.subscribe(draw)
draw()
