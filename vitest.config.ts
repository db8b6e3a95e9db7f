import { defineConfig } from 'vitest/config'

// Tests run on the sources: the packages' `@outlast/source` condition needs no build.
// Neither `import` nor `require` may stand here: Node gets these conditions too, and applies them to both.
const conditions = ['@outlast/source', 'module', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
