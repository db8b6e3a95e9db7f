import { beforeAll, describe, expect, it } from 'vitest'
import { checkLinks } from './docs-snippets/check-links.ts'
import { checkSnippets } from './docs-snippets/check-snippets.ts'
import { docFiles } from './docs-snippets/doc-files.ts'
import { extractSnippets } from './docs-snippets/extract-snippets.ts'
import { placeholderNames } from './docs-snippets/placeholder-names.ts'

const files = docFiles()
const snippets = files.flatMap(extractSnippets)

const counterExample = {
  path: 'counter-example.md',
  text: `# Wrong

\`\`\`ts
import { TaskManager } from '@outlast/core'

const manager = new TaskManager({ tasks: [], retries: 3 })
await manager.create({ userId: 'u1', input: undeclared })
\`\`\`

See [nothing](docs/nothing.md), [itself](#wrong), [itself](#right) and [the wire](PROTOCOL.md#no-such-heading).
`,
}

describe('snippets of the documentation', () => {
  let problems: string[] = []

  beforeAll(() => {
    problems = checkSnippets([...snippets, ...extractSnippets(counterExample)])
  }, 120_000)

  it('are found in every kind of document', () => {
    const docs = new Set(snippets.map(({ doc }) => doc))
    for (const doc of [
      'README.md',
      'docs/getting-started.md',
      'docs/guides/tasks.md',
      'packages/core/README.md',
    ]) {
      expect(docs).toContain(doc)
    }
  })

  it('pass the type check', () => {
    expect(problems.filter((problem) => !problem.startsWith(counterExample.path))).toEqual([])
  })

  it('fail it by file and line where they are wrong', () => {
    const found = problems.filter((problem) => problem.startsWith(counterExample.path))
    expect(found).toEqual([
      expect.stringMatching(/^counter-example\.md:6: .*retries/),
      expect.stringMatching(/^counter-example\.md:7: .*undeclared/),
    ])
  })

  it('use every placeholder that is declared for them', () => {
    const unused = Array.from(placeholderNames()).flatMap(([doc, names]) => {
      const code = snippets.filter((snippet) => snippet.doc === doc).map((snippet) => snippet.code)
      const words = new Set(code.join('\n').match(/\w+/g))
      return names.filter((name) => !words.has(name)).map((name) => `${doc}: ${name}`)
    })
    expect(unused).toEqual([])
  })
})

describe('links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    expect(checkLinks(files)).toEqual([])
  })

  it('are reported by file and line where they do not', () => {
    const found = checkLinks([...files, counterExample]).filter((problem) =>
      problem.startsWith(counterExample.path),
    )
    expect(found).toEqual([
      'counter-example.md:10: docs/nothing.md: there is no such file',
      'counter-example.md:10: #right: there is no such heading',
      'counter-example.md:10: PROTOCOL.md#no-such-heading: there is no such heading',
    ])
  })
})
