import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { main: 'server/main.ts', check: 'server/check.ts' },
  outDir: 'dist/server',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  clean: true,
  sourcemap: true,
  // Only `--dev` asks for it, and only where it is installed.
  external: ['vite'],
})
