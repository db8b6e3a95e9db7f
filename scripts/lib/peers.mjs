/**
 * @typedef {Readonly<Record<string, string>>} Versions Version or range by package.
 * @typedef {object} Peer A library that a binding works with, in older versions than the checkout has.
 * @property {string} name Its package, and what `npm run peers -- NAME` calls it.
 * @property {readonly Versions[]} versions What to install for each run: the oldest of a major that is promised, and its newest.
 * @property {string} entry The binding that is for it.
 * @property {string} guide Path of the guide whose snippets must pass the type check.
 * @property {string} [without] What snippets contain that are for newer versions only.
 * @property {readonly string[]} tests What vitest is to run.
 */

const tests = 'packages/client/test'
const react18 = { react: '18', 'react-dom': '18', '@types/react': '18', '@types/react-dom': '18' }

/** @type {readonly Peer[]} */
export const peers = [
  {
    name: 'react',
    versions: [
      { react: '18.0.0', 'react-dom': '18.0.0', '@types/react': '~18.0.0', '@types/react-dom': '~18.0.0' },
      react18,
    ],
    entry: '@outlast/client/react',
    guide: 'docs/guides/react.md',
    tests: [`${tests}/react/`],
  },
  {
    name: 'vue',
    versions: [{ vue: '3.4.0' }, { vue: '~3.4.0' }],
    entry: '@outlast/client/vue',
    guide: 'docs/guides/vue.md',
    tests: [`${tests}/vue/`],
  },
  {
    name: 'pinia',
    // Pinia 3 itself wants no older Vue.
    versions: [
      { pinia: '3.0.0', vue: '3.5.11' },
      { pinia: '3', vue: '3' },
    ],
    entry: '@outlast/client/pinia',
    guide: 'docs/guides/vue.md',
    tests: [`${tests}/pinia/`],
  },
  {
    name: 'svelte',
    versions: [{ svelte: '4.0.0' }, { svelte: '4' }],
    entry: '@outlast/client/svelte',
    guide: 'docs/guides/svelte.md',
    without: '$state',
    tests: [`${tests}/svelte/task-readable.test.ts`, `${tests}/svelte/reactive-statement.test.ts`],
  },
  {
    name: 'ai',
    // The patches from which on its own tests pass; the rest of 6 is what the checkout has.
    versions: [
      { ai: '5.0.274', '@ai-sdk/react': '2.0.277', ...react18 },
      { ai: '5', '@ai-sdk/react': '2', ...react18 },
      { ai: '6.0.303', '@ai-sdk/react': '3.0.306', ...react18 },
    ],
    entry: '@outlast/client/ai-sdk',
    guide: 'docs/guides/use-chat.md',
    // Without the round trip of a model: the mock that it takes is of 6.
    tests: ['message-writer', 'outlast-chat-transport', 'use-chat'].map(
      (name) => `${tests}/ai-sdk/${name}.test.ts`,
    ),
  },
]
