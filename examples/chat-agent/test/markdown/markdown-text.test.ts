import { describe, expect, it } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { closeMarks } from '../../web/src/markdown/close-marks.ts'
import { MarkdownText } from '../../web/src/markdown/markdown-text.ts'

const html = async (text: string): Promise<string> =>
  (await renderToString(createSSRApp({ render: () => h(MarkdownText, { text }) }))).replace(
    /<!--[[\]]-->/g,
    '',
  )

describe('MarkdownText', () => {
  it.each([
    ['one\ntwo\n\nthree', '<p>one\ntwo</p><p>three</p>'],
    ['a `b*c*` **d** *e*', '<p>a <code>b*c*</code> <strong>d</strong> <em>e</em></p>'],
    ['`` a`b ``', '<p><code>a`b</code></p>'],
    ['2 * 3 * 4 and snake_case_name', '<p>2 * 3 * 4 and snake_case_name</p>'],
    ['- a\n- b\n  more\n\ntext', '<ul><li>a</li><li>b\nmore</li></ul><p>text</p>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['# Top\ntext', '<h3>Top</h3><p>text</p>'],
    ['> a\n> b', '<blockquote>a\nb</blockquote>'],
    [
      '```ts\na < b\n```\nafter',
      '<pre class="scrolls" tabindex="0" data-language="ts"><code>a &lt; b</code></pre><p>after</p>',
    ],
    ['````\n```\n````', '<pre class="scrolls" tabindex="0"><code>```</code></pre>'],
    ['```\nstill coming', '<pre class="scrolls" tabindex="0"><code>still coming</code></pre>'],
    ['---', '<hr>'],
  ])('renders %j', async (text, expected) => {
    expect(await html(text)).toBe(expected)
  })

  it('leaves HTML and dangerous addresses as text', async () => {
    expect(await html('<img src=x onerror=alert(1)>')).toBe('<p>&lt;img src=x onerror=alert(1)&gt;</p>')
    expect(await html('[click](javascript:alert(1))')).not.toContain('<a')
    expect(await html('[site](https://example.org/a)')).toContain('href="https://example.org/a"')
  })
})

describe('closeMarks', () => {
  it.each([
    ['a **bold', 'a **bold**'],
    ['a **bold*', 'a **bold**'],
    ['a `code', 'a `code`'],
    ['a **', 'a '],
    ['a **b** c', 'a **b** c'],
    ['a `**` b', 'a `**` b'],
    ['```\nx **y', '```\nx **y'],
    ['**a**\nplain', '**a**\nplain'],
  ])('%j becomes %j', (text, closed) => {
    expect(closeMarks(text)).toBe(closed)
  })
})
