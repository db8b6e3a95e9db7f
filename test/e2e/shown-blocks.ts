import type { TaskSnapshot } from '@outlast/client'
import type { Page } from 'playwright-core'
import { isUserMessage } from '../../examples/chat-agent/web/src/user-message.ts'

/** One block as a reader sees it; only letters and digits, since marks of Markdown are shown as emphasis. */
export interface ShownBlock {
  kind: string
  text: string
}

const bare = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '')

/** The blocks that a snapshot should put on the screen. */
export function expectedBlocks({ blocks }: TaskSnapshot): ShownBlock[] {
  return blocks
    .filter((block) => !isUserMessage(block))
    .map((block) => {
      if (block.type === 'tool')
        return { kind: `tool ${block.name} ${block.status}`, text: bare(block.intent ?? '') }
      const content = block.type === 'thinking' || block.type === 'text' ? block.content : ''
      // Fences and list numbers are Markdown's, not the reader's.
      const text = content.replace(/^`{3,}\w*$/gm, '').replace(/^\d+\. /gm, '')
      return { kind: block.type, text: bare(text) }
    })
}

/** Opens every step that is closed. */
export async function openSteps(page: Page): Promise<void> {
  const closed = page.locator('.head[aria-expanded="false"]')
  while ((await closed.count()) > 0) await closed.first().click()
}

/** The blocks on the screen, every step opened. */
export async function shownBlocks(page: Page, taskId: string): Promise<ShownBlock[]> {
  const turn = page.locator(`[data-task="${taskId}"]`)
  await openSteps(page)
  const shown = await turn.locator('.step, .text').evaluateAll((elements) =>
    elements.map((element) => {
      const tool = element.getAttribute('data-tool')
      const intent = element.querySelector('.title > span')?.textContent ?? ''
      if (tool !== null) return { kind: `tool ${tool} ${element.getAttribute('data-status')}`, text: intent }
      const reasoning = element.querySelector('.reasoning')
      const blocks = [...(reasoning ?? element).children].map((child) => child.textContent)
      return { kind: reasoning === null ? 'text' : 'thinking', text: blocks.join(' ') }
    }),
  )
  return shown.map(({ kind, text }) => ({ kind, text: bare(text) }))
}
