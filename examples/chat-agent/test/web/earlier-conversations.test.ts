import type { TaskInfo } from '@outlast/client'
import { expect, it } from 'vitest'
import { earlierConversations } from '../../web/src/earlier-conversations.ts'

const task = (conversation_id: string | null, message: string) => ({ conversation_id, message }) as TaskInfo

it('gathers tasks by conversation, the latest first, each named after its first message', () => {
  const tasks = [task('b', 'and then?'), task('a', 'hello'), task(null, 'lost'), task('b', 'what?')]
  expect(earlierConversations(tasks)).toEqual([
    { id: 'b', message: 'what?', turns: 2 },
    { id: 'a', message: 'hello', turns: 1 },
  ])
})
