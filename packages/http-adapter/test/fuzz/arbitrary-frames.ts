import fc from 'fast-check'

/** A socket of a client, before the tasks that exist are put in: `{3}` stands for the id of the fourth of them. */
export interface FuzzSocket {
  headers: Readonly<Record<string, string>>
  token: string | null
  messages: readonly FuzzMessage[]
}

/** A message as it is sent; text has its ids put in, bytes go as they are. */
type FuzzMessage = { text: string } | { bytes: Uint8Array }

const hostile = fc.constantFrom<unknown>(
  ...['', '*', '{0}', '__proto__', '\u0000', '\u2028', '\ud800', 'a'.repeat(300), 'blocks@1', ','.repeat(20)],
  ...[-1, 0, 1.5, 1e9, 9_007_199_254_740_992, null, true, [], {}],
)
const taskId = fc.oneof(
  { weight: 6, arbitrary: fc.nat(7).map((index) => `{${index}}`) },
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 1, arbitrary: hostile },
)
const whole = fc.oneof({ weight: 4, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: hostile })

const subscribe = fc.record(
  {
    op: fc.constant('subscribe'),
    task_id: taskId,
    from: whole,
    epoch: hostile,
    fold: fc.oneof(fc.constant('blocks@1'), hostile),
  },
  { requiredKeys: ['op', 'task_id'] },
)
const wellFormed = fc.oneof(
  { weight: 6, arbitrary: subscribe },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('unsubscribe'), task_id: taskId }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('ack'), bytes: whole }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('ping') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('auth'),
      token: fc.oneof(fc.constantFrom('alice', 'bob', 'bad'), hostile),
    }),
  },
)
const odd = fc.oneof(
  fc.record({ op: hostile, task_id: taskId }),
  fc.dictionary(fc.constantFrom('op', 'task_id', '__proto__', 'constructor', 'x'), hostile),
  fc.jsonValue({ maxDepth: 4 }),
)
const message: fc.Arbitrary<FuzzMessage> = fc.oneof(
  { weight: 8, arbitrary: wellFormed.map((value) => ({ text: JSON.stringify(value) })) },
  { weight: 2, arbitrary: odd.map((value) => ({ text: JSON.stringify(value) ?? '' })) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }).map((text) => ({ text })) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ bytes })) },
  { weight: 1, arbitrary: fc.nat(200).map((depth) => ({ text: '['.repeat(depth) })) },
)
const user = fc.constantFrom('alice', 'alice', 'alice', 'bob')

/** Sockets of every kind: most of them get in, and most of their messages are all but well-formed. */
export const arbitrarySocket: fc.Arbitrary<FuzzSocket> = fc
  .record({
    who: fc.oneof(
      { weight: 8, arbitrary: user.map((name) => ({ headers: { 'x-user': name }, token: null })) },
      { weight: 3, arbitrary: user.map((name) => ({ headers: {}, token: name })) },
      { weight: 1, arbitrary: user.map((name) => ({ headers: { cookie: name }, token: null })) },
      { weight: 1, arbitrary: fc.constant({ headers: {}, token: null }) },
      {
        weight: 1,
        arbitrary: fc.constant({ headers: { cookie: 'bob', origin: 'https://evil.example' }, token: null }),
      },
    ),
    messages: fc.array(message, { maxLength: 12 }),
  })
  .map(({ who, messages }) => ({ ...who, messages }))
