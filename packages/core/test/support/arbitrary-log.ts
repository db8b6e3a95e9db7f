import fc from 'fast-check'
import type { TaskEvent, TaskEventData } from '../../src/protocol/index.ts'

/** One thing that happens in a run, before it is known what is open at that moment. */
interface Move {
  kind: 'thinking' | 'text' | 'tool' | 'input' | 'payload' | 'state' | 'single' | 'custom' | 'reset'
  /** Which id, and which of the things that may happen to it next. */
  who: number
  step: number
  text: string
  value: unknown
}

const text = fc.string({ unit: 'binary', maxLength: 8 })

// Through JSON once, as every stored log was: `fc.jsonValue` may hold a -0.
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)))

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('thinking', 'text') },
    { weight: 5, arbitrary: fc.constant('tool') },
    { weight: 3, arbitrary: fc.constantFrom('input', 'payload', 'state', 'single', 'custom') },
    { weight: 1, arbitrary: fc.constant('reset') },
  ) as fc.Arbitrary<Move['kind']>,
  who: fc.nat(2),
  step: fc.nat(11),
  text,
  value: json,
})

/** What a run has open, so that the next event fits. */
class Run {
  readonly events: TaskEvent[] = []
  /** Things by name, with the idx of their first event: those that a reset drops may begin anew. */
  readonly #started = new Map<string, number>()
  readonly #stage = new Map<string, number>()
  #attempt = 1

  emit<Type extends keyof TaskEventData>(type: Type, data: TaskEventData[Type]): void {
    this.emitAny(type, data)
  }

  emitAny(type: string, data: unknown): void {
    const idx = this.events.length
    this.events.push({ idx, type, data, ts: 1_767_225_600 + idx / 8 })
  }

  apply({ kind, who, step, text, value }: Move): void {
    if (kind === 'thinking' || kind === 'text') this.#stream(kind, who, step, text)
    else if (kind === 'tool') this.#tool(`call_${who}`, step, text, value)
    else if (kind === 'input') this.#input(`input_${who}`, step, text, value)
    else if (kind === 'payload') this.#payload(who, step, text)
    else if (kind === 'state') this.#state(who, step, text)
    else if (kind === 'single') this.#single(step, text)
    else if (kind === 'custom') this.emitAny(step % 3 === 0 ? 'hologram' : `x_${step % 3}`, { value })
    else this.#reset(step)
  }

  #stream(kind: 'thinking' | 'text', who: number, step: number, content: string): void {
    const name = `${kind}:${who}`
    const open = this.#stage.get(name) === 1
    const id = who === 0 ? (step % 2 === 0 ? {} : { id: null }) : { id: `part_${who}` }
    if (!open) this.#begin(name)
    this.#stage.set(name, step > 9 ? 2 : 1)
    if (step > 9) this.emit(`${kind}_end`, step === 10 ? id : { ...id, full_content: content })
    else if (open || step > 7) this.emit(`${kind}_chunk`, { ...id, content })
    else this.emit(`${kind}_start`, id)
  }

  #tool(id: string, step: number, text: string, value: unknown): void {
    const name = `tool:${id}`
    const stage = this.#stage.get(name) ?? 0
    if (stage === 0) this.#begin(name)
    const call = { id, name: 'search' }
    if (stage < 2 && step < 2) {
      this.#stage.set(name, 1)
      this.emit('tool_intent', { ...call, intent: text })
    } else if (stage < 2 && step < 6) {
      this.#stage.set(name, 1)
      this.emit('tool_preparing', { ...call, arguments_delta: step === 2 ? null : text })
    } else if (stage < 2) {
      this.#stage.set(name, 2)
      this.emit('tool_start', { ...call, arguments: value })
    } else if (stage === 2 && step < 4) {
      this.emit('update_action', {
        id,
        status: 'running',
        message: text,
        progress: step / 4,
        ...(step < 2 && { result: value }),
      })
    } else if (stage === 2) {
      this.#stage.set(name, 3)
      const status = (['completed', 'failed', 'canceled'] as const)[step % 3] ?? 'completed'
      this.emit('update_action', { id, status, ...(step < 9 && { result: value, message: text }) })
    }
  }

  #input(id: string, step: number, prompt: string, value: unknown): void {
    const stage = this.#stage.get(id) ?? 0
    if (stage === 2) return
    this.#stage.set(id, stage + 1)
    if (stage === 0) {
      this.#begin(id)
      this.emit('input_request', {
        id,
        prompt,
        schema: value,
        ...(step < 6 && { expires_at: 1_767_225_700.5 }),
      })
      return
    }
    const outcome = (['answered', 'canceled', 'expired'] as const)[step % 3] ?? 'answered'
    this.emit('input_response', { id, outcome, ...(outcome === 'answered' && { value }) })
  }

  #payload(who: number, step: number, content: string): void {
    const path = `notes/${who}.md`
    if (step > 8) this.emit('modify_payload', { path, ...(step > 9 && { replace: content }) })
    else this.emit('append_payload', { path, content, ...(step > 6 && { language: 'markdown', step }) })
  }

  #state(who: number, step: number, text: string): void {
    if (step < 3) this.emit('ai_message_start', step === 0 ? {} : { message_id: `message_${who}` })
    else if (step < 6)
      this.emit('progress', { done: who, total: 3, ...(step === 3 && { unit: text, eta_ms: 40 }) })
    else if (step < 9) this.emit('token_update', { input: step, output: who, total: step + who, model: text })
    else this.emit('conversation_resolved', { conversation_id: text, ...(step > 9 && { title: text }) })
    // A new message ends what was streaming.
    if (step < 3)
      for (const name of this.#stage.keys()) if (/^t(ext|hinking):/.test(name)) this.#stage.delete(name)
  }

  #single(step: number, text: string): void {
    if (step < 4)
      this.emit('source', { url: `https://example.org/${step}`, ...(step < 2 && { title: text }) })
    else if (step < 8) this.emit('file', { media_type: 'image/png', url: `https://example.org/${step}.png` })
    else this.emit('error', { message: text, ...(step > 9 && { code: 'runner_error' }) })
  }

  #reset(step: number): void {
    const keepBefore = Math.floor((this.events.length * step) / 11)
    for (const [name, start] of this.#started) if (start >= keepBefore) this.#stage.delete(name)
    this.#attempt++
    this.emit('attempt_reset', { attempt: this.#attempt, keep_before: keepBefore })
  }

  #begin(name: string): void {
    this.#started.set(name, this.events.length)
  }
}

const ending: fc.Arbitrary<TaskEventData['task_complete'] | null> = fc.option(
  fc.oneof(
    fc.record({ status: fc.constant('succeeded' as const), result: json }),
    fc.record({ status: fc.constant('failed' as const), error: text, code: fc.constant('runner_error') }),
    fc.record({ status: fc.constant('canceled' as const), reason: text, actor: fc.constant('user') }),
  ),
)

/**
 * Logs as a manager could have stored them, with every type of event: streams with and without ids, several tools
 * at once, inputs, payloads, resets, the application's own and unknown types, cut at any moment or ended.
 */
export const arbitraryLog: fc.Arbitrary<TaskEvent[]> = fc
  .tuple(fc.array(move, { maxLength: 60 }), ending)
  .map(([moves, end]) => {
    const run = new Run()
    for (const next of moves) run.apply(next)
    if (end) run.emit('task_complete', end)
    return run.events
  })
