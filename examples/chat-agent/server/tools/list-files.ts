import { rgPath } from '@vscode/ripgrep'
import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { runProgram } from './run-program.ts'

/** Lists the files of the checkout whose path contains a text. */
export const listFiles = defineChatTool({
  name: 'list_files',
  description: 'List files of the checkout whose path contains the given text (case does not matter).',
  input: z.object({ containing: z.string().max(200).default('') }),
  async run({ containing }, environment) {
    const result = await runProgram(rgPath, ['--files', '--sort=path', '.'], environment)
    if (result.exitCode === 2) throw new Error(result.output.trim())
    const wanted = containing.toLowerCase()
    const files = result.output
      .split('\n')
      .map((path) => path.replaceAll('\\', '/').replace(/^\.\//, ''))
      .filter((path) => path !== '' && path.toLowerCase().includes(wanted))
    return {
      total: files.length,
      complete: !result.truncated && files.length <= 200,
      files: files.slice(0, 200),
    }
  },
})
