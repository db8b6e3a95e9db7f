import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Tests run on the sources: the packages' `@outlast/source` condition needs no build.
// No `import`, `require` or `module` here: Node gets these conditions too, applies them to both kinds of imports, and
// cannot load what packages offer to bundlers as `module`.
const conditions = ['@outlast/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Many wait for processes, browsers and clocks: on two cores, the default of one at a time takes half as long again.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
