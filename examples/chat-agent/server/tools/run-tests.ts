import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineChatTool, type ToolEnvironment } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'
import { tailOf } from './output-tail.ts'
import { runProgram } from './run-program.ts'

/** Runs one test file as a process of its own; its output is shown while it runs. */
export const runTests = defineChatTool({
  name: 'run_tests',
  description:
    'Run one test file: `.mjs`, `.cjs` and `.js` with `node --test`, `.ts` with Vitest where it is installed. ' +
    'May take minutes. Answers the exit code (0: all passed) and the end of the output.',
  input: z.object({ file: z.string().regex(/\.test\.(ts|mjs|cjs|js)$/, 'must be a `.test.` file') }),
  async run({ file }, environment) {
    const path = await checkoutPath(environment.checkout, file)
    await access(join(environment.checkout, path))
    const runner = path.endsWith('.ts')
      ? [await vitestOf(environment), 'run', path]
      : ['--test', '--test-reporter=spec', path]
    const output = tailOf(6_000, (result) => environment.report({ result }))
    const { exitCode, signal } = await runProgram(process.execPath, runner, environment, {
      onOutput: output.add,
    }).finally(output.end)
    return { file: path, passed: exitCode === 0, exit_code: exitCode, signal, output: output.text() }
  },
})

async function vitestOf({ checkout }: ToolEnvironment): Promise<string> {
  const script = join(checkout, 'node_modules/vitest/vitest.mjs')
  await access(script).catch(() => {
    throw new Error('Vitest is not installed in this checkout; run npm install first.')
  })
  return script
}
