import { readFile as readBytes, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'

const maxFileBytes = 2_000_000
const maxLines = 400
/** Longer lines are data, not source, and would not fit into an event. */
const maxLineLength = 500

/** Reads lines of a text file of the checkout. */
export const readFile = defineChatTool({
  name: 'read_file',
  description: `Read a text file of the checkout, at most ${maxLines} lines at a time.`,
  input: z.object({
    file: z.string().min(1).max(500).describe('Path relative to the checkout.'),
    first_line: z.number().int().min(1).default(1),
    last_line: z.number().int().min(1).optional(),
  }),
  async run({ file, first_line, last_line }, { checkout, signal }) {
    const path = await checkoutPath(checkout, file)
    const found = await stat(join(checkout, path)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause
      throw new Error(`There is no file "${path}" in the checkout.`, { cause })
    })
    if (found.isDirectory()) throw new Error(`${path} is a folder.`)
    const { size } = found
    if (size > maxFileBytes) throw new Error(`${path} has ${size} bytes; that is too big to read here.`)
    const bytes = await readBytes(join(checkout, path), { signal })
    if (bytes.subarray(0, 8_000).includes(0)) throw new Error(`${path} is not a text file.`)
    const lines = bytes.toString('utf8').replace(/\n$/, '').split('\n')
    const last = Math.min(lines.length, last_line ?? lines.length, first_line + maxLines - 1)
    return {
      file: path,
      total_lines: lines.length,
      first_line,
      last_line: last,
      text: lines
        .slice(first_line - 1, last)
        .map((line) => (line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line))
        .join('\n'),
    }
  },
})
