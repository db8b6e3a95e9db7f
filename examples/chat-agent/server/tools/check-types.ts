import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'
import { tailOf } from './output-tail.ts'
import { runProgram } from './run-program.ts'

/** Type-checks a TypeScript project of the checkout. */
export const checkTypes = defineChatTool({
  name: 'check_types',
  description:
    'Run `tsc --noEmit` on a tsconfig of the checkout. Answers the number of errors and the errors.',
  input: z.object({
    project: z.string().max(500).default('tsconfig.json').describe('Path of a tsconfig file.'),
  }),
  async run({ project }, environment) {
    const path = await checkoutPath(environment.checkout, project)
    const compiler = join(environment.checkout, 'node_modules/typescript/bin/tsc')
    await access(compiler).catch(() => {
      throw new Error('TypeScript is not installed in this checkout; run npm install first.')
    })
    const output = tailOf(8_000, (result) => environment.report({ result }))
    let errors = 0
    const { exitCode } = await runProgram(
      process.execPath,
      [compiler, '--noEmit', '--pretty', 'false', '--project', path],
      environment,
      {
        onOutput(text) {
          output.add(text)
          errors += text.match(/error TS\d+/g)?.length ?? 0
        },
      },
    ).finally(output.end)
    return { project: path, passed: exitCode === 0, errors, output: output.text() }
  },
})
