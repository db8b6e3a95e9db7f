import { type FunctionalComponent, h, type VNodeChild } from 'vue'
import { type Inline, parseInline } from './parse-inline.ts'
import { type MarkdownBlock, parseMarkdown } from './parse-markdown.ts'

type Renderers<Kinds extends { type: string }> = {
  [Kind in Kinds['type']]: (node: Extract<Kinds, { type: Kind }>) => VNodeChild
}

const inlineRenderers: Renderers<Inline> = {
  text: ({ text }) => text,
  code: ({ text }) => h('code', text),
  strong: ({ children }) => h('strong', children.map(renderInline)),
  emphasis: ({ children }) => h('em', children.map(renderInline)),
  link: ({ url, children }) =>
    h('a', { href: url, target: '_blank', rel: 'noreferrer noopener' }, children.map(renderInline)),
}

function renderInline(node: Inline): VNodeChild {
  return (inlineRenderers[node.type] as (given: Inline) => VNodeChild)(node)
}

const inline = (text: string): VNodeChild[] => parseInline(text).map(renderInline)

const blockRenderers: Renderers<MarkdownBlock> = {
  paragraph: ({ text }) => h('p', inline(text)),
  quote: ({ text }) => h('blockquote', inline(text)),
  // The page has its own h1 and h2.
  heading: ({ level, text }) => h(`h${Math.min(6, level + 2)}`, inline(text)),
  list: ({ ordered, start, items }) =>
    h(
      ordered ? 'ol' : 'ul',
      ordered ? { start } : {},
      items.map((item) => h('li', inline(item))),
    ),
  // Scrolls sideways, so it must be reachable from the keyboard.
  code: ({ text, language }) =>
    h('pre', { class: 'scrolls', tabindex: 0, 'data-language': language || undefined }, h('code', text)),
  rule: () => h('hr'),
}

function renderBlock(block: MarkdownBlock): VNodeChild {
  return (blockRenderers[block.type] as (given: MarkdownBlock) => VNodeChild)(block)
}

/** Shows Markdown as elements made by Vue: every character of the text stays text, whatever it spells. */
export const MarkdownText: FunctionalComponent<{ text: string }> = ({ text }) =>
  parseMarkdown(text).map(renderBlock)
MarkdownText.props = ['text']
