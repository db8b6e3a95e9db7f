import { setTimeout as delay } from 'node:timers/promises'
import type { TaskContext } from '@outlast/core'
import type { ChatAnswer } from '../chat-answer.ts'
import type { Work } from './skill.ts'
import { planFor } from './skills/index.ts'
import { type Pace, speak } from './speak.ts'

const disclosure =
  'No language model wrote this: I am the offline agent of this demo, and work by rules with ripgrep, git and Node.'

/** Milliseconds between two tools. */
const readingMs = 450

/**
 * Answers a request without a language model: rules choose a plan, real tools carry it out on the checkout, and
 * the answer says what was found and what was not.
 */
export async function answerOffline(
  context: TaskContext,
  request: string,
  { checkout, pace }: { checkout: string; pace: Pace },
): Promise<ChatAnswer> {
  const plan = planFor(request)
  const steps = plan.steps.map((step, index) => `${index + 1}. ${step}`).join('\n')
  await speak(context, 'thinking', `${plan.understood}\n\nMy plan:\n${steps}`, pace)

  let begun = 0
  let calls = 0
  const work: Work = {
    step() {
      const message = plan.steps[begun]?.replaceAll('`', '')
      context.progress({
        done: begun++,
        total: plan.steps.length,
        unit: 'steps',
        ...(message ? { message } : {}),
      })
    },
    think: (text) => speak(context, 'thinking', text, pace),
    async use(tool, input, intent) {
      const checked = tool.input.safeParse(input)
      if (!checked.success) {
        const content = `${tool.name} does not take that: ${checked.error.issues.map(({ message }) => message).join('; ')}.`
        return { status: 'failed', content, error: checked.error, role: 'tool', tool_call_id: '' }
      }
      const parsed = checked.data
      const call = { id: `call-${++calls}`, name: tool.name, input: parsed, intent }
      const result = await context.tool(call, (signal, report) =>
        tool.run(parsed, { checkout, signal, report }),
      )
      context.signal.throwIfAborted()
      // Real tools are done in a blink: time to read what was done before the next one begins.
      await delay(readingMs * pace, undefined, { signal: context.signal })
      return result
    },
  }
  const found = await plan.carryOut(work)
  context.progress({ done: plan.steps.length, total: plan.steps.length, unit: 'steps' })
  const answer = `${disclosure}\n\n${found}`
  await speak(context, 'text', answer, pace)
  return { answer }
}
