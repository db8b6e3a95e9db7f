import { type CommandResult, runCommand } from '@outlast/core'
import type { ToolEnvironment } from './chat-tool.ts'

/** Programs see no trace of a test runner around the server, and git never asks for a password. */
function programEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...inherited } = process.env
  return { ...inherited, GIT_TERMINAL_PROMPT: '0', NO_COLOR: '1', FORCE_COLOR: undefined }
}

/** Runs a program in the checkout, under the tool's signal. */
export function runProgram(
  command: string,
  args: readonly string[],
  { checkout, signal }: ToolEnvironment,
  options: { maxOutputBytes?: number; onOutput?: (text: string) => void } = {},
): Promise<CommandResult> {
  return runCommand(command, args, { cwd: checkout, signal, env: programEnvironment(), ...options })
}

/** Runs git in the checkout; answers its output, and throws its own sentence when it fails. */
export async function runGit(args: readonly string[], environment: ToolEnvironment): Promise<CommandResult> {
  const result = await runProgram('git', ['--no-pager', '-c', 'color.ui=never', ...args], environment, {
    maxOutputBytes: 60_000,
  })
  if (result.exitCode !== 0)
    throw new Error(result.output.trim() || `git ended with code ${result.exitCode}.`)
  return result
}
