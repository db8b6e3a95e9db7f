/** A run of text with one kind of emphasis. */
export type Inline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'strong'; children: readonly Inline[] }
  | { type: 'emphasis'; children: readonly Inline[] }
  | { type: 'link'; url: string; children: readonly Inline[] }

// One alternative each: code with any number of backticks, bold, italics, and links to the web only.
const marks =
  /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(?=\S)([\s\S]*?\S)\*\*|(?<![\w*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*])|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/

/** Splits a text into runs; what is not closed (yet) stays text. */
export function parseInline(text: string): readonly Inline[] {
  const runs: Inline[] = []
  let rest = text
  for (let match = marks.exec(rest); match !== null; match = marks.exec(rest)) {
    const [whole, , code, strong, emphasis, label, url] = match
    if (match.index > 0) runs.push({ type: 'text', text: rest.slice(0, match.index) })
    if (code !== undefined) runs.push({ type: 'code', text: code.replace(/^ (.*\S.*) $/s, '$1') })
    else if (strong !== undefined) runs.push({ type: 'strong', children: parseInline(strong) })
    else if (emphasis !== undefined) runs.push({ type: 'emphasis', children: parseInline(emphasis) })
    else if (label !== undefined && url !== undefined)
      runs.push({ type: 'link', url, children: parseInline(label) })
    rest = rest.slice(match.index + whole.length)
  }
  if (rest !== '') runs.push({ type: 'text', text: rest })
  return runs
}
