import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Block } from '@outlast/core/blocks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecording } from '../../examples/chat-agent/server/recording/index.ts'
import { type RecordingServer, startRecordingServer } from './recording-server.ts'
import { readSaid, type SaidItem } from './said/index.ts'
import { unreadable } from './unreadable.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = resolve(root, process.env.RECORDINGS_DIR ?? '../shared/recordings')
const isThere = existsSync(folder)

/** What lies in the folder beside the recordings: their list, licences, and the requests of conversations. */
const isRecording = (name: string): boolean =>
  /\.(sse|jsonl|json|traj)$/.test(name) && name !== 'index.json' && !name.endsWith('.request.json')
const recordings = isThere ? readdirSync(folder).filter(isRecording).sort() : []
const readable = recordings.filter((name) => !(name in unreadable))

const title = isThere
  ? 'recordings'
  : 'recordings (skipped: there is no folder of recordings, see RECORDINGS_DIR)'

describe.skipIf(!isThere)(title, () => {
  let server: RecordingServer
  beforeAll(async () => {
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })
    server = await startRecordingServer()
  })
  afterAll(() => server.close())

  it('are all either read or listed with a reason', async () => {
    for (const name of Object.keys(unreadable)) {
      await expect(readRecording(join(folder, name)), name).rejects.toThrow('is not a recording')
    }
    expect(readable.length).toBeGreaterThan(0)
    expect([...readable, ...Object.keys(unreadable)].sort()).toEqual(recordings)
  })

  it.each(readable)('%s is shown as the provider said it', async (name) => {
    const said = await readSaid(join(folder, name))
    expect([...said.items, ...(said.error === null ? [] : [said.error])]).not.toEqual([])
    const { status, blocks, outcome } = await server.play(join(folder, name))

    expect(blocks.flatMap(shown)).toEqual(said.items.filter(isNotEmpty).map(expected))
    for (const block of blocks) {
      // Where the arguments streamed in, the text that they made is the JSON of the whole.
      if (block.type === 'tool' && block.arguments !== null && block.argumentsText !== '') {
        expect(JSON.parse(block.argumentsText)).toEqual(block.arguments)
      }
      if (block.type === 'text' || block.type === 'thinking') expect(block.open).toBe(false)
      if (block.type === 'tool') expect(block.status).not.toMatch(/preparing|running/)
    }
    const errors = blocks.filter((block) => block.type === 'error').map((block) => block.message)
    if (said.error === null) {
      expect({ status, errors }).toEqual({ status: 'succeeded', errors: [] })
    } else {
      expect({ status, errors }).toEqual({ status: 'failed', errors: [expect.stringContaining(said.error)] })
      expect(outcome?.error).toBe(errors[0])
    }
  })
})

/** What a block shows, without its keys and places. A call that never began has only the text of its arguments. */
function shown(block: Block): object[] {
  if (block.type === 'text' || block.type === 'thinking') {
    return block.content === '' ? [] : [{ type: block.type, content: block.content }]
  }
  if (block.type !== 'tool') return []
  const { type, id, name, argumentsText } = block
  const given = block.arguments
  return [given === null ? { type, id, name, argumentsText } : { type, id, name, arguments: given }]
}

function expected(item: SaidItem): object {
  return item.type === 'tool' && item.id === null ? { ...item, id: expect.any(String) } : item
}

function isNotEmpty(item: SaidItem): boolean {
  return item.type === 'tool' || item.content !== ''
}
