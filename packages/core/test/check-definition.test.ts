import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { checkDefinition } from '../src/check-definition.ts'
import { type AnyTaskDefinition, defineChatTask, defineTask, TaskError, TaskManager } from '../src/index.ts'

const report = { type: 'report', input: z.object({ pages: z.int() }), run: () => null }

/** The sentence of an `invalid_definition`. */
function refusal(of: () => unknown): string {
  try {
    of()
  } catch (error) {
    if (TaskError.is(error, 'invalid_definition')) return error.message
    throw error
  }
  return 'it was accepted'
}

describe('a definition', () => {
  it.each([
    ['with the least there can be', report],
    ['that takes anything', { ...report, input: z.unknown() }],
    ['with an asynchronous schema', { ...report, input: z.string().refine(async () => true) }],
    [
      'with everything there is',
      {
        ...report,
        events: { x_row: z.object({}), 'report.page:1': z.string() },
        scope: () => null,
        summary: () => ({}),
        conversationId: () => null,
        onInterrupted: 'retry',
        maxAttempts: 1,
        timeoutMs: 0.5,
        lifetime: 'connection',
        priority: -1,
        onConflict: 'queue',
        maxQueued: 1,
        maxBodyBytes: 1,
      },
    ],
  ])('%s is accepted', (_, definition) => {
    expect(() => checkDefinition(definition)).not.toThrow()
  })

  it.each([
    ['nothing', undefined, /^A task is declared by an object: defineTask\({ type, input, run }\)\.$/],
    ['null', null, /declared by an object/],
    ['a function', report.run, /declared by an object/],
    ['no type', { ...report, type: undefined }, /^"undefined" cannot name a task type: use 1 to 64 letters/],
    ['a type with a space', { ...report, type: 'my report' }, /^"my report" cannot name a task type/],
    [
      'no run',
      { ...report, run: undefined },
      /^The definition of "report" cannot work: `run` must be a func/,
    ],
    ['no input', { ...report, input: undefined }, /`input` must be a zod schema/],
    ['an object for a schema', { ...report, input: { pages: z.int() } }, /`input` must be a zod schema/],
    ['events that are none', { ...report, events: 'x_row' }, /`events` must be an object of zod schemas/],
    ['a schema that is none', { ...report, events: { x_row: {} } }, /event "x_row" must have a zod schema/],
    [
      'a schema for a built-in event',
      { ...report, events: { text_chunk: z.object({}) } },
      /"text_chunk" is built in/,
    ],
    ['an event of no name', { ...report, events: { '': z.object({}) } }, /^[^:]+: "" cannot name an event/],
    ['an event with a space', { ...report, events: { 'x row': z.object({}) } }, /"x row" cannot name an ev/],
    ['a scope that is a text', { ...report, scope: 'user' }, /`scope` must be a function/],
    ['a summary that is data', { ...report, summary: {} }, /`summary` must be a function/],
    [
      'no attempts',
      { ...report, maxAttempts: 0 },
      /`maxAttempts` must be a whole number of at least 1, not 0/,
    ],
    [
      'half a place',
      { ...report, maxQueued: 1.5 },
      /`maxQueued` must be a whole number of at least 1, not 1/,
    ],
    ['a size in words', { ...report, maxBodyBytes: '1mb' }, /`maxBodyBytes` must .* not 1mb/],
    ['no time', { ...report, timeoutMs: 0 }, /`timeoutMs` must be a number of milliseconds above 0, not 0/],
    ['endless time', { ...report, timeoutMs: Infinity }, /leave it out for no limit/],
    ['no priority', { ...report, priority: Number.NaN }, /`priority` must be a number/],
    [
      'a rule that is none',
      { ...report, onConflict: 'atach' },
      /`onConflict` must be one of "reject", "attach", "queue", "replace", not "atach"/,
    ],
    [
      'a recovery that is none',
      { ...report, onInterrupted: 'restart' },
      /`onInterrupted` must be one of "fail"/,
    ],
    [
      'a lifetime that is none',
      { ...report, lifetime: 'tab' },
      /`lifetime` must be one of "detached", "conn/,
    ],
  ])('with %s is refused, and told how it should be', (_, definition, sentence) => {
    expect(refusal(() => defineTask(definition as unknown as typeof report))).toMatch(sentence)
  })
})

it('a chat task without a runner is refused', () => {
  const define = defineChatTask as (options?: unknown) => unknown
  for (const options of [undefined, null, {}, { run: 'answer' }]) {
    expect(refusal(() => define(options))).toMatch(/an object with a function `run`/)
  }
})

describe('a manager', () => {
  const make = (options: object) => () => new TaskManager({ tasks: [report], ...options })

  it.each([
    [
      'no list of tasks',
      { tasks: undefined },
      /needs a list of task definitions: new TaskManager\({ tasks: \[/,
    ],
    ['one task instead of a list', { tasks: report as never }, /needs a list of task definitions/],
    ['no tasks', { tasks: [] }, /at least one task definition/],
    ['a task twice', { tasks: [report, report] }, /Two definitions are named "report"/],
    [
      'a task that defineTask would have refused',
      { tasks: [{ ...report, run: undefined } as unknown as AnyTaskDefinition] },
      /`run` must be a function/,
    ],
    [
      'a limit whose name is misspelt',
      { limits: { leaseMS: 1 } },
      /There is no limit "leaseMS"; known are: maxEvents, .*leaseMs, /,
    ],
    ['a limit named as what every object has', { limits: { toString: 1 } }, /There is no limit "toString"/],
    [
      'an option whose name is misspelt',
      { concurency: 2 },
      /no option of a TaskManager "concurency"; known are: tasks/,
    ],
    [
      'no pause between its looks',
      { limits: { sweepMs: 0 } },
      /sweepMs must be a number of at least 1, not 0/,
    ],
    [
      'a time to keep that is none',
      { retention: { keepMs: Number.NaN } },
      /keepMs must be a number of at least 0/,
    ],
    [
      'a time to keep in words',
      { retention: { keepMs: '7d' } },
      /keepMs must be a number of at least 0, not 7d/,
    ],
    ['a number to keep below zero', { retention: { keepPerUser: -1 } }, /keepPerUser must be a number of/],
    ['no pause between its sweeps', { retention: { everyMs: 0 } }, /everyMs must be a number of at least 1/],
    ['a retention that is misspelt', { retention: { keep: 1 } }, /no retention option "keep"; known are/],
    ['no place to run', { concurrency: 0 }, /concurrency must be a whole number of at least 1, not 0/],
    [
      'half a place to run',
      { concurrency: 1.5 },
      /concurrency must be a whole number of at least 1, not 1\.5/,
    ],
    ['a number in words', { concurrency: '4' }, /concurrency must be a whole number/],
  ])('with %s is refused', (_, options, sentence) => {
    expect(refusal(make(options))).toMatch(sentence)
  })
})
