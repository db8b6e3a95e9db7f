import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'
import { runGit } from './run-program.ts'

/** Says who last changed lines of a file. */
export const gitBlame = defineChatTool({
  name: 'git_blame',
  description: 'Say who last changed each line of a range of a file, and when.',
  input: z.object({
    file: z.string().min(1).max(500),
    first_line: z.number().int().min(1),
    last_line: z.number().int().min(1),
  }),
  async run({ file, first_line, last_line }, environment) {
    const path = await checkoutPath(environment.checkout, file)
    const range = `-L${first_line},${last_line}`
    const { output, truncated } = await runGit(['blame', '--date=short', range, '--', path], environment)
    return { file: path, complete: !truncated, text: output.trimEnd() }
  },
})
