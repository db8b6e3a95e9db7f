import type { ChildProcess } from 'node:child_process'

/** What a forked process says, from its start on. */
export interface ChildMessages<Message> {
  readonly heard: readonly Message[]
  /** The first message that fits, of those that have come and those to come; rejects when the process ends before. */
  message<Found>(pick: (message: Message) => Found | undefined): Promise<Found>
  readonly exited: Promise<{ code: number | null; signal: string | null }>
}

/** Listens to a process that was just forked. */
export function messagesOf<Message>(child: ChildProcess): ChildMessages<Message> {
  const heard: Message[] = []
  // One for each answer that is waited for.
  child.setMaxListeners(0)
  child.on('message', (message) => heard.push(message as Message))
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  return {
    heard,
    exited,
    message: (pick) =>
      new Promise((resolve, reject) => {
        const look = (said: unknown): boolean => {
          const found = pick(said as Message)
          if (found === undefined) return false
          child.off('message', look)
          resolve(found)
          return true
        }
        if (heard.some(look)) return
        child.on('message', look)
        void exited.then(({ code, signal }) => reject(new Error(`the process ended (${code ?? signal})`)))
      }),
  }
}
