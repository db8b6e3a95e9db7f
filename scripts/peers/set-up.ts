import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** What a package exports to CommonJS; empty where it is not installed. */
function exportsOf(name: string): Record<string, unknown> {
  try {
    return require(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return {}
    throw error
  }
}

// The tests take `act` from where it is since React 18.3.
exportsOf('react').act ??= exportsOf('react-dom/test-utils').act
