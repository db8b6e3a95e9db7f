import { defineConfig } from 'vitest/config'

// The doors of the bindings lead to what was built, as for a user.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^(?:\.\.\/)+src\/index\.ts$/, replacement: '@outlast/client' },
      {
        find: /^(?:\.\.\/)+src\/(react|vue|pinia|svelte|ai-sdk)\/index\.ts$/,
        replacement: '@outlast/client/$1',
      },
    ],
  },
  test: {
    include: ['packages/client/test/**/*.test.ts', 'scripts/peers/*.test.ts'],
    setupFiles: ['scripts/peers/set-up.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
