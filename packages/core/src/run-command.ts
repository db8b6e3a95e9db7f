import type { ChildProcess } from 'node:child_process'
import { checkDuration, systemClock } from './clock.ts'
import { TaskError } from './errors.ts'

/** How a command runs and what bounds it. */
export interface RunCommandOptions {
  /** Aborted: the whole process tree is ended, then the call rejects with the signal's reason. */
  signal: AbortSignal
  /** Working directory. */
  cwd: string
  /** The whole environment of the child. Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>
  /** Bytes of output kept, from the beginning; the rest is read and dropped. Default 1 MiB. */
  maxOutputBytes?: number
  /** Is given standard output and standard error as they come; a throw ends the tree and rejects the call. */
  onOutput?: (text: string) => void
  /** Milliseconds after which the tree is ended and the call rejects with `timeout`. Default: none. */
  timeoutMs?: number
  /** Milliseconds between the request to end (SIGTERM) and the kill. Default 200: inside a tool's own grace. */
  killGraceMs?: number
}

/** How a command ended. */
export interface CommandResult {
  /** `null` when a signal ended it. */
  exitCode: number | null
  /** Name of the signal that ended it, such as `SIGSEGV`, else `null`. */
  signal: string | null
  /** Standard output and standard error, in the order they came. */
  output: string
  /** True: more came than `maxOutputBytes`. */
  truncated: boolean
}

/** How often the process group is looked at while it is being ended. */
const groupCheckMs = 10
/**
 * What is still in the group this long after SIGKILL is a zombie that nobody reaps (a container whose first process
 * does not), or sleeps uninterruptibly: no reason to hang. Together with the grace it fits into a tool's own.
 */
const afterKillMs = 200

/**
 * Runs a program without a shell, in a process group of its own, and ends the whole tree when the signal aborts:
 * a test runner's workers and their children too. A command is over when the program that was started is; what it
 * left running in its group is ended then, so that no call leaves a process behind.
 *
 * @example
 * ```ts
 * const tests = await context.tool({ id, name: 'run_tests', input }, (signal) =>
 *   runCommand('node', ['--test'], { signal, cwd: checkout }),
 * )
 * ```
 * @throws TaskError `invalid_definition` for a duration that is none, before anything starts. Else the signal's reason
 * after an abort; TaskError `timeout`; the system's error when the program cannot be started; what `onOutput` threw.
 * Always after the tree is gone.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: RunCommandOptions,
): Promise<CommandResult> {
  const { timeoutMs, killGraceMs = 200 } = options
  if (timeoutMs !== undefined) checkDuration('timeoutMs', timeoutMs)
  checkDuration('killGraceMs', killGraceMs)
  // Loaded here, so that the core can be imported where there are no processes (edge runtimes).
  const { spawn } = await import('node:child_process')
  options.signal.throwIfAborted()
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    ...(options.env === undefined ? {} : { env: options.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own group on POSIX, which can be signalled as one. On Windows it would only open a console.
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const interruption = new AbortController()
  const interrupt = (reason: unknown): void => interruption.abort(reason)
  const onAbort = (): void => interrupt(options.signal.reason)
  options.signal.addEventListener('abort', onAbort, { once: true })
  const cancelTimeout =
    timeoutMs === undefined
      ? null
      : systemClock.schedule(() => interrupt(timedOut(command, timeoutMs)), timeoutMs)
  try {
    const collected = collectOutput(child, options.maxOutputBytes ?? 1_048_576, (text) => {
      try {
        options.onOutput?.(text)
      } catch (thrown) {
        interrupt(thrown)
      }
    })
    const ended = await endOf(child, interruption.signal)
    if (child.pid !== undefined) await endTree(child, child.pid, killGraceMs)
    interruption.signal.throwIfAborted()
    await drained(child)
    interruption.signal.throwIfAborted()
    return { exitCode: ended.exitCode, signal: ended.signal, ...collected() }
  } finally {
    cancelTimeout?.()
    options.signal.removeEventListener('abort', onAbort)
    // A process that left the group may hold the pipes open: they must not keep this one alive.
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

function timedOut(command: string, timeoutMs: number): TaskError {
  return new TaskError('timeout', `"${command}" did not end within ${timeoutMs} ms and was stopped.`)
}

/** Resolves when the program has ended or the signal fires; rejects when it could not be started. */
function endOf(
  child: ChildProcess,
  signal: AbortSignal,
): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, name) => resolve({ exitCode, signal: name }))
    signal.addEventListener('abort', () => resolve({ exitCode: null, signal: null }), { once: true })
  })
}

/** Resolves when both pipes have been read to their end, or after a moment when somebody else holds them open. */
async function drained(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.readableEnded)
  let timer: ReturnType<typeof setTimeout> | undefined
  const moment = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, afterKillMs)
  })
  await Promise.race([
    moment,
    Promise.all(streams.map((stream) => new Promise((resolve) => stream?.once('close', resolve)))),
  ])
  clearTimeout(timer)
}

function collectOutput(
  child: ChildProcess,
  maxBytes: number,
  onOutput: (text: string) => void,
): () => { output: string; truncated: boolean } {
  const kept: string[] = []
  let room = maxBytes
  let truncated = false
  const keep = (text: string): void => {
    onOutput(text)
    const size = Buffer.byteLength(text)
    if (size <= room) kept.push(text)
    else if (room > 0) {
      // Decoding as a stream leaves out a character that the cut went through.
      kept.push(new TextDecoder().decode(Buffer.from(text).subarray(0, room), { stream: true }))
    }
    truncated ||= size > room
    room = Math.max(0, room - size)
  }
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  return () => ({ output: kept.join(''), truncated })
}

/** Asks every process of the tree to end, kills those that did not, and resolves when none is left. */
async function endTree(child: ChildProcess, pid: number, graceMs: number): Promise<void> {
  if (process.platform === 'win32') return endTreeOnWindows(child, pid)
  if (!signalGroup(pid, 'SIGTERM')) return
  if (await groupIsGone(pid, graceMs)) return
  if (!signalGroup(pid, 'SIGKILL')) return
  await groupIsGone(pid, afterKillMs)
}

async function groupIsGone(pid: number, withinMs: number): Promise<boolean> {
  const { setTimeout: delay } = await import('node:timers/promises')
  for (let waited = 0; waited < withinMs; waited += groupCheckMs) {
    await delay(groupCheckMs)
    if (!signalGroup(pid, 0)) return true
  }
  return false
}

/** @returns false when the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ESRCH') return false
    // macOS answers EPERM for a group of nothing but zombies.
    if (code === 'EPERM') return false
    throw thrown
  }
}

/** Windows has no groups: `taskkill /T` walks from parent to child, so it must come before the parent has ended. */
async function endTreeOnWindows(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { spawn } = await import('node:child_process')
  await new Promise<void>((resolve, reject) => {
    const killer = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], {
      stdio: 'ignore',
      windowsHide: true,
    })
    killer.once('error', reject)
    killer.once('exit', () => resolve())
  })
}
