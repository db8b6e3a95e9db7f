import { describe, expect, it } from 'vitest'
import { sharedSnapshotsOf } from '../../src/http/shared-snapshots.ts'
import type { Snapshot } from '../../src/store/index.ts'

const task = { id: 't1', epoch: 'e1' }
const snapshot: Snapshot = { at: 7, fold: 'blocks@1', state: '{"text":"é"}' }
const megabyte = `"${'é'.repeat(2 ** 19 - 8)}"`

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

// Compared by identity alone: to word how two megabytes differ takes seconds.
describe('the state of a snapshot as bytes', () => {
  it('is made once for all who are sent the same', () => {
    const shared = sharedSnapshotsOf()
    const first = shared(task, snapshot, '}')
    expect(textOf(first)).toBe('{"text":"é"}}')
    expect(shared({ ...task }, { ...snapshot }, '}')).toBe(first)
  })

  it('is that of the snapshot that is sent', () => {
    const shared = sharedSnapshotsOf()
    const sent = [
      [task, snapshot],
      [{ ...task, id: 't2' }, snapshot],
      [{ ...task, epoch: 'e2' }, snapshot],
      [task, { ...snapshot, at: 8 }],
      [task, { ...snapshot, fold: 'own@1' }],
    ] as const
    for (let round = 0; round < 2; round++) {
      for (const [index, [of, { at, fold }]] of sent.entries()) {
        const state = `"${index}"`
        expect(textOf(shared(of, { at, fold, state }, '}'))).toBe(`${state}}`)
      }
    }
  })

  it('is remembered of those that were sent last, as far as they fit', () => {
    const shared = sharedSnapshotsOf()
    const send = (id: string): Uint8Array =>
      shared({ id, epoch: 'e1' }, { ...snapshot, state: megabyte }, '}')
    const [oldest, second] = [send('oldest'), send('second')]
    for (let others = 0; others < 6; others++) send(`${others}`)
    expect(send('oldest') === oldest).toBe(true)
    send('one more than fits')
    expect(send('oldest') === oldest).toBe(true)
    expect(send('second') === second).toBe(false)
  })

  it('is not remembered when it would push out many others', () => {
    const shared = sharedSnapshotsOf()
    const small = shared(task, snapshot, '}')
    const large = { ...snapshot, state: `"${'x'.repeat(2 ** 21)}"` }
    const first = shared({ ...task, id: 'large' }, large, '}')
    expect(shared({ ...task, id: 'large' }, large, '}') === first).toBe(false)
    expect(shared(task, snapshot, '}') === small).toBe(true)
  })
})
