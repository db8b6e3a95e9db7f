const languages: Readonly<Record<string, string>> = {
  ts: 'ts',
  vue: 'vue',
  mjs: 'js',
  cjs: 'js',
  js: 'js',
  json: 'json',
  md: 'markdown',
  css: 'css',
  html: 'html',
  sh: 'sh',
  yml: 'yaml',
  yaml: 'yaml',
}

/** A Markdown code block with a fence that the text itself does not contain. */
export function quote(text: string, file = ''): string {
  const longest = Math.max(2, ...(text.match(/^\s*`+/gm) ?? []).map((run) => run.trim().length))
  const fence = '`'.repeat(longest + 1)
  const language = languages[file.slice(file.lastIndexOf('.') + 1)] ?? ''
  return `${fence}${language}\n${text}\n${fence}`
}

/** Inline code, between more backticks than the text itself has in a row. */
export function code(text: string): string {
  const marks = '`'.repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length)))
  return marks.length === 1 ? `\`${text}\`` : `${marks} ${text} ${marks}`
}

/** `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : `${noun}s`}`
}
