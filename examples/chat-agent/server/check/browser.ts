import { TaskClient, type TaskObserver, type TaskSnapshot } from '@outlast/client'

/** Milliseconds after which a condition that does not come counts as failed. */
const limitMs = 30_000

/** A browser profile without a screen: it keeps the cookie that the page gives, and opens clients with it. */
export interface Browser {
  /** A new client, as a freshly loaded page has one. */
  open(): TaskClient
}

/** Loads the page once for its cookie. */
export async function openBrowser(url: string): Promise<Browser> {
  const page = await fetch(url)
  if (!page.ok) throw new Error(`The page answered ${page.status}: is it built?`)
  const cookie = page.headers
    .getSetCookie()
    .map((header) => header.split(';')[0])
    .join('; ')
  return {
    open: () => new TaskClient({ baseUrl: `${url}/api/tasks`, headers: () => ({ cookie }) }),
  }
}

/** Watches an observer until its snapshot fulfils a condition, then lets go of it. */
export function watchUntil(
  observer: TaskObserver,
  what: string,
  condition: (snapshot: TaskSnapshot) => boolean,
): Promise<TaskSnapshot> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe()
      reject(new Error(`Waited ${limitMs / 1_000} s in vain for this: ${what}.`))
    }, limitMs)
    const look = (): void => {
      const snapshot = observer.getSnapshot()
      if (!condition(snapshot)) return
      clearTimeout(timer)
      unsubscribe()
      resolve(snapshot)
    }
    const unsubscribe = observer.subscribe(look)
    look()
  })
}
