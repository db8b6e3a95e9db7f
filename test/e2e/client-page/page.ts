// The page that the browser tests are about: it starts or restores a task and shows its blocks, as an application would.
// It is bundled from the sources when the tests run. The query says how the client is made, the hash names the task.
import { restoreTaskState, type TaskObserver, type TaskSnapshot } from '@outlast/client'
import type { Block } from '@outlast/client/blocks'
import { makeClient } from './make-client.ts'
import type { PageProbe, ShownState } from './page-probe.ts'

const client = makeClient(new URLSearchParams(location.search))
const states: ShownState[] = []
const marks: Record<string, number> = {}
const leaving: (() => void)[] = []
let shown: TaskObserver | null = null

const element = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`) ?? document.body

function wordsOf(block: Block): string {
  if (block.type === 'text' || block.type === 'thinking') return block.content
  if (block.type === 'tool') return `${block.intent ?? block.name} · ${block.status}`
  return block.type === 'error' ? block.message : block.type
}

/** A block keeps its element as long as it keeps its key; those that are new may move. */
function draw(screen: HTMLElement, { blocks, watermark }: TaskSnapshot): void {
  const drawn = new Map(Array.from(screen.children, (child) => [child.getAttribute('data-key'), child]))
  for (const block of blocks) {
    const item = drawn.get(block.key) ?? document.createElement('li')
    drawn.delete(block.key)
    item.setAttribute('data-key', block.key)
    item.className = block.start >= watermark ? `${block.type} new` : block.type
    item.textContent = wordsOf(block)
    if (item.parentNode === null) screen.append(item)
  }
  for (const gone of drawn.values()) gone.remove()
}

function showState({ connection, error, outcome }: TaskSnapshot): void {
  element('state').textContent = outcome === null ? connection : outcome.status
  element('alert').textContent = connection === 'failed' ? `Load failed: ${error?.message}` : ''
}

function record({ connection, error, nextOffset, transport, blocks }: TaskSnapshot): void {
  states.push({
    at: Date.now(),
    connection,
    error: error?.code ?? null,
    nextOffset,
    transport: transport?.name ?? null,
    because: transport?.steppedDownBecause ?? null,
    text: blocks.map((block) => (block.type === 'text' ? block.content : '')).join(''),
  })
}

function mount(count: number, observer: TaskObserver | null = shown): void {
  if (observer === null) return
  for (let mounted = 0; mounted < count; mounted++) {
    const screen = document.createElement('ol')
    element('screens').append(screen)
    const isFirst = leaving.length === 0
    const redraw = (): void => {
      const snapshot = observer.getSnapshot()
      draw(screen, snapshot)
      if (!isFirst) return
      showState(snapshot)
      record(snapshot)
    }
    leaving.push(observer.subscribe(redraw))
    redraw()
  }
}

function follow(observer: TaskObserver): void {
  shown = observer
  history.replaceState(null, '', `#${observer.taskId}`)
  mount(1)
}

globalThis.probe = {
  async start(message) {
    const { task_id } = await client.start({ message })
    follow(client.observe(task_id, { watermark: 0 }))
    return task_id
  },
  mount,
  unmount() {
    for (const leave of leaving.splice(0)) leave()
  },
  states,
  marks,
  blocks: () => shown?.getSnapshot().blocks ?? [],
} satisfies PageProbe

const mark = (name: string): void => {
  marks[name] = Date.now()
}
document.addEventListener('visibilitychange', () => mark(document.visibilityState))
for (const name of ['freeze', 'resume']) document.addEventListener(name, () => mark(name))
for (const name of ['online', 'offline']) addEventListener(name, () => mark(name))

const taskId = location.hash.slice(1)
if (taskId !== '') {
  const restored = await restoreTaskState({ client, taskId })
  if (restored.found) follow(restored.observer)
  else element('alert').textContent = 'There is no such task.'
}
