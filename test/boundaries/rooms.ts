/** A part of the tree with its own rule about what it may import. */
export interface Room {
  name: string
  /** A folder (with a slash at its end) or files, from the root. */
  at: string | readonly string[]
  /** Names of rooms and packages; `node:` stands for Node's own modules. A room may always import itself. */
  may: readonly string[]
  /** Each of its files is a door, as in a folder of drivers; else a folder is entered by its `index.ts` alone. */
  open?: boolean
}

const core = 'packages/core/src/'

/** ARCHITECTURE.md, "Who may import whom". The first room that holds a file is its room. */
export const rooms: readonly Room[] = [
  { name: 'protocol', at: `${core}protocol/`, may: [] },
  { name: 'blocks', at: `${core}blocks/`, may: ['protocol'] },
  { name: 'schemas', at: `${core}schemas/`, may: ['protocol', 'zod'] },
  { name: 'errors', at: [`${core}errors.ts`], may: ['protocol'] },
  { name: 'defaults', at: [`${core}defaults.ts`], may: [] },
  { name: 'clock', at: [`${core}clock.ts`], may: ['errors'] },
  { name: 'small-set', at: [`${core}small-set.ts`], may: [] },
  { name: 'checked-numbers', at: [`${core}checked-numbers.ts`], may: ['errors'] },
  { name: 'json-depth', at: [`${core}json-depth.ts`], may: [] },
  { name: 'tool-output', at: [`${core}tool-output.ts`], may: ['json-depth'] },
  { name: 'store', at: `${core}store/`, may: ['protocol', 'errors'] },
  {
    name: 'stores',
    at: `${core}stores/`,
    open: true,
    may: ['store', 'protocol', 'errors', 'small-set', 'nanoid', 'node:'],
  },
  { name: 'dispatchers', at: `${core}dispatchers/`, open: true, may: ['store', 'errors', 'p-queue'] },
  {
    name: 'definition',
    at: [`${core}define-task.ts`, `${core}check-definition.ts`, `${core}task-context.ts`],
    may: ['protocol', 'errors', 'zod'],
  },
  { name: 'store-retry', at: [`${core}store-retry.ts`], may: ['errors', 'defaults', 'clock'] },
  {
    name: 'log',
    at: `${core}log/`,
    may: [
      'definition',
      'store',
      'store-retry',
      'schemas',
      'blocks',
      'protocol',
      'errors',
      'defaults',
      'clock',
      'json-depth',
    ],
  },
  {
    name: 'run',
    at: `${core}run/`,
    may: [
      ...['log', 'definition', 'store', 'store-retry', 'schemas', 'blocks', 'protocol', 'errors', 'defaults'],
      ...['clock', 'tool-output', 'json-depth', 'zod'],
    ],
  },
  {
    name: 'manager',
    at: [`${core}index.ts`, `${core}task-manager.ts`],
    may: [
      ...['manager parts', 'run', 'log', 'definition', 'dispatchers', 'stores', 'store', 'store-retry'],
      ...['schemas', 'blocks', 'protocol', 'errors', 'defaults', 'clock', 'checked-numbers'],
      ...['eventemitter3', 'nanoid', 'zod', 'node:'],
    ],
  },
  {
    name: 'http',
    at: `${core}http/`,
    // From the store only types: the records and pages that TaskManager hands out.
    may: [
      ...['manager', 'definition', 'store', 'schemas', 'protocol', 'errors', 'defaults', 'clock'],
      ...['checked-numbers', 'small-set', 'json-depth', 'node:'],
    ],
  },
  {
    name: 'ai-sdk',
    at: `${core}ai-sdk/`,
    may: ['definition', 'protocol', 'errors', 'defaults', 'clock', 'tool-output'],
  },
  // OpenTelemetry itself is the caller's to bring.
  { name: 'otel', at: `${core}otel/`, may: ['manager', 'store', 'protocol'] },
  { name: 'testing', at: `${core}testing/`, may: ['store', 'blocks', 'protocol', 'errors', 'vitest'] },
  {
    // What else stands in the root of core: pieces of the manager, the presets and helpers for runners.
    name: 'manager parts',
    at: core,
    open: true,
    may: [
      ...['run', 'log', 'definition', 'store', 'store-retry', 'schemas', 'blocks', 'protocol', 'errors'],
      ...['defaults', 'clock', 'checked-numbers', 'small-set', 'json-depth', 'eventemitter3', 'nanoid'],
      ...['zod', 'node:'],
    ],
  },
  {
    name: 'http-adapter',
    at: 'packages/http-adapter/src/',
    may: ['manager', 'http', 'protocol', 'hono', 'hono/route', 'ws', 'node:'],
  },
  // Bindings only subscribe: they know the client by its public face.
  { name: 'bindings', at: 'packages/client/src/bindings/', may: ['client'] },
  { name: 'react', at: 'packages/client/src/react/', may: ['bindings', 'client', 'react'] },
  { name: 'vue', at: 'packages/client/src/vue/', may: ['bindings', 'client', 'vue'] },
  { name: 'pinia', at: 'packages/client/src/pinia/', may: ['bindings', 'client', 'vue', 'pinia'] },
  { name: 'svelte', at: 'packages/client/src/svelte/', may: ['bindings', 'client'] },
  // `ai` for its types alone: the peer is optional.
  { name: 'chat transport', at: 'packages/client/src/ai-sdk/', may: ['client', 'protocol', 'blocks', 'ai'] },
  { name: 'client', at: 'packages/client/src/', may: ['protocol', 'blocks'] },
]

/** The room that holds a file; `null` for tests, scripts and examples, which have no inner rules. */
export function roomOf(path: string): Room | null {
  return rooms.find(({ at }) => (typeof at === 'string' ? path.startsWith(at) : at.includes(path))) ?? null
}
