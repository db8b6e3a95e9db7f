/** A block of the little Markdown that answers are written in. */
export type MarkdownBlock =
  | { type: 'paragraph'; text: string }
  | { type: 'quote'; text: string }
  | { type: 'heading'; level: number; text: string }
  | { type: 'list'; ordered: boolean; start: number; items: readonly string[] }
  | { type: 'code'; language: string; text: string }
  | { type: 'rule' }

const fenceLine = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/
const headingLine = /^ {0,3}(#{1,6})\s+(.+?)\s*#*$/
const itemLine = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/
const quoteLine = /^ {0,3}>\s?(.*)$/
const ruleLine = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/

/**
 * Reads paragraphs, headings, lists, quotes and code blocks, and nothing else: HTML stays text. Written for text that
 * is still coming: an open code block reaches to the end.
 */
export function parseMarkdown(source: string): readonly MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  const lines = source.replace(/\r\n?/g, '\n').split('\n')
  let gathered: string[] = []
  const endParagraph = (): void => {
    if (gathered.length > 0) blocks.push({ type: 'paragraph', text: gathered.join('\n') })
    gathered = []
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const fence = fenceLine.exec(line)
    const heading = headingLine.exec(line)
    if (fence !== null) {
      endParagraph()
      const end = endOfFence(lines, at + 1, fence[1] ?? '')
      blocks.push({ type: 'code', language: fence[2] ?? '', text: lines.slice(at + 1, end).join('\n') })
      at = end
    } else if (heading !== null) {
      endParagraph()
      blocks.push({ type: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' })
    } else if (ruleLine.test(line)) {
      endParagraph()
      blocks.push({ type: 'rule' })
    } else if (quoteLine.test(line)) {
      endParagraph()
      const end = lines.findIndex((next, index) => index > at && !quoteLine.test(next))
      const quoted = lines.slice(at, end === -1 ? lines.length : end)
      blocks.push({ type: 'quote', text: quoted.map((quote) => quoteLine.exec(quote)?.[1] ?? '').join('\n') })
      at += quoted.length - 1
    } else if (itemLine.test(line)) {
      endParagraph()
      const { list, end } = readList(lines, at)
      blocks.push(list)
      at = end - 1
    } else if (line.trim() === '') endParagraph()
    else gathered.push(line)
  }
  endParagraph()
  return blocks
}

/** Index of the line that closes the fence, or of the end. */
function endOfFence(lines: readonly string[], from: number, fence: string): number {
  const closes = (line: string): boolean => {
    const bare = line.trim()
    return bare.length >= fence.length && [...bare].every((character) => character === fence[0])
  }
  const end = lines.findIndex((line, index) => index >= from && closes(line))
  return end === -1 ? lines.length : end
}

function readList(
  lines: readonly string[],
  from: number,
): { list: Extract<MarkdownBlock, { type: 'list' }>; end: number } {
  const items: string[] = []
  const first = itemLine.exec(lines[from] ?? '')?.[1]
  let end = from
  for (; end < lines.length; end++) {
    const line = lines[end] ?? ''
    const item = itemLine.exec(line)
    if (item !== null) items.push(item[2] ?? '')
    // A line that is indented goes on with its item.
    else if (/^\s+\S/.test(line) && items.length > 0) items[items.length - 1] += `\n${line.trim()}`
    else break
  }
  return { list: { type: 'list', ordered: first !== undefined, start: Number(first ?? 1), items }, end }
}
