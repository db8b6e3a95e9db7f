import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TaskError } from '../src/errors.ts'
import { type RunCommandOptions, runCommand } from '../src/run-command.ts'

let cwd = ''
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'run-command-'))
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

const never = new AbortController().signal
const node = (script: string, options: Partial<RunCommandOptions> = {}) =>
  runCommand(process.execPath, ['-e', script], { signal: never, cwd, ...options })

/** A program that starts a child and a grandchild, prints the three pids and waits for ever. */
const family = (prelude = ''): string => `
  ${prelude}
  const { spawn } = require('node:child_process')
  const leaf = ${JSON.stringify(`${prelude}; console.log('pid', process.pid); setInterval(() => {}, 1000)`)}
  const middle = "const { spawn } = require('node:child_process');" + leaf
    + ";spawn(process.execPath, ['-e', " + JSON.stringify(leaf) + "], { stdio: 'inherit' })"
  spawn(process.execPath, ['-e', middle], { stdio: 'inherit' })
  console.log('pid', process.pid)
  setInterval(() => {}, 1000)`

/** A zombie is dead: in a container it may wait for ever for a first process that reaps nobody. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (thrown) {
    if (['ESRCH', 'ENOENT'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return false
    throw thrown
  }
}

/** Starts a family, waits until all three live, aborts and answers their pids. */
async function abortFamily(prelude?: string, options: Partial<RunCommandOptions> = {}) {
  const controller = new AbortController()
  let output = ''
  const pids = (): number[] => [...output.matchAll(/pid (\d+)/g)].map((match) => Number(match[1]))
  const run = node(family(prelude), {
    signal: controller.signal,
    onOutput: (text) => {
      output += text
    },
    ...options,
  })
  const outcome = run.then(
    () => 'resolved',
    (thrown: unknown) => thrown,
  )
  await vi.waitFor(() => expect(pids()).toHaveLength(3), { timeout: 20_000 })
  expect(pids().every(isAlive)).toBe(true)
  const reason = new Error('the user stopped it')
  controller.abort(reason)
  expect(await outcome).toBe(reason)
  return pids()
}

describe('runCommand', () => {
  it('answers the exit code and both outputs, without a shell in between', async () => {
    const result = await node("console.log('out $HOME'); console.error('err'); process.exitCode = 3")
    expect(result).toMatchObject({ exitCode: 3, signal: null, truncated: false })
    expect(result.output).toContain('out $HOME')
    expect(result.output).toContain('err')
  })

  it('runs in the given directory with the given environment and with nothing on standard input', async () => {
    const script = `process.stdin.on('end', () => console.log(process.cwd(), process.env.COLOUR)).resume()`
    const result = await node(script, { env: { COLOUR: 'teal' } })
    expect(result.output).toMatch(/run-command-\w+ teal\n$/)
  })

  it('names the signal that ended the program', async () => {
    const result = await node("process.kill(process.pid, 'SIGKILL')")
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  })

  it('keeps the beginning of a long output, never half a character, and reads the rest', async () => {
    let seen = 0
    const result = await node("process.stdout.write('ä'.repeat(500000))", {
      maxOutputBytes: 1001,
      onOutput: (text) => {
        seen += text.length
      },
    })
    expect(result).toEqual({ exitCode: 0, signal: null, output: 'ä'.repeat(500), truncated: true })
    expect(seen).toBe(500_000)
  })

  it('rejects with the system error when there is no such program', async () => {
    const attempt = runCommand('no-such-program-here', [], { signal: never, cwd })
    await expect(attempt).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('starts nothing when the signal has fired already', async () => {
    const onOutput = vi.fn()
    const attempt = node("console.log('ran')", { signal: AbortSignal.abort(new Error('too late')), onOutput })
    await expect(attempt).rejects.toThrow('too late')
    expect(onOutput).not.toHaveBeenCalled()
  })

  it('ends child and grandchildren before it rejects with the reason of the abort', async () => {
    const pids = await abortFamily()
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('kills a tree that ignores the request to end', async () => {
    const pids = await abortFamily("process.on('SIGTERM', () => {})", { killGraceMs: 50 })
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('ends what a program left running behind it', async () => {
    const script = `
      const { spawn } = require('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      child.unref()
      console.log('pid', child.pid)`
    const result = await node(script)
    const pid = Number(/pid (\d+)/.exec(result.output)?.[1])
    expect(result.exitCode).toBe(0)
    expect(isAlive(pid)).toBe(false)
  })

  it('ends a program that takes too long and says so', async () => {
    const attempt = node('setInterval(() => {}, 1000)', { timeoutMs: 100 })
    await expect(attempt).rejects.toSatisfy((thrown: unknown) => TaskError.is(thrown, 'timeout'))
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e300])('has time with a limit of %s ms', async (timeoutMs) => {
    const result = await node("setTimeout(() => console.log('done'), 50)", { timeoutMs })
    expect(result.output).toBe('done\n')
  })

  it.each([{ timeoutMs: Number.NaN }, { timeoutMs: -1 }, { killGraceMs: Number.NaN }])(
    'starts nothing with %o',
    async (options) => {
      const onOutput = vi.fn()
      const attempt = node("console.log('ran')", { ...options, onOutput })
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_definition' })
      expect(onOutput).not.toHaveBeenCalled()
    },
  )

  it('turns a throwing onOutput into a rejection, with the program ended', async () => {
    let pid = 0
    const attempt = node('console.log(process.pid); setInterval(() => {}, 1000)', {
      onOutput: (text) => {
        pid = Number(text)
        throw new Error('cannot show it')
      },
    })
    await expect(attempt).rejects.toThrow('cannot show it')
    expect(isAlive(pid)).toBe(false)
  })

  it('leaves no listener on a signal that lives on', async () => {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const added = vi.spyOn(controller.signal, 'addEventListener')
    await node('', { signal: controller.signal })
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
  })
})
