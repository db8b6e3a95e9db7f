import { TaskClient, type TaskClientOptions } from '../../src/task-client.ts'
import type { TaskObserver, TaskSnapshot } from '../../src/task-observer.ts'
import { FakeClock } from './fake-clock.ts'
import { FakePlatform } from './fake-platform.ts'
import { FakeServer } from './fake-server.ts'

/** A client, and everything that it can meet. */
export interface World {
  clock: FakeClock
  platform: FakePlatform
  server: FakeServer
  client: TaskClient
}

/** Random is 0.5 unless told otherwise, so that full jitter halves every backoff. */
export function makeWorld(options: TaskClientOptions = {}): World {
  const clock = new FakeClock()
  const platform = new FakePlatform()
  const server = new FakeServer(clock)
  const client = new TaskClient({ fetch: server.fetch, clock, platform, random: () => 0.5, ...options })
  return { clock, platform, server, client }
}

/** Subscribes, and keeps every snapshot that the listener saw. */
export function watch(observer: TaskObserver): { seen: TaskSnapshot[]; leave: () => void } {
  const seen: TaskSnapshot[] = []
  return { seen, leave: observer.subscribe(() => seen.push(observer.getSnapshot())) }
}

/** The text of all text blocks. */
export function textOf({ blocks }: TaskSnapshot): string {
  return blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
}
