import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'
import { runGit } from './run-program.ts'

/** Lists commits, newest first. */
export const gitLog = defineChatTool({
  name: 'git_log',
  description:
    'List commits of the checkout, newest first: hash, date, author and subject; of one file if given.',
  input: z.object({
    file: z.string().max(500).optional(),
    limit: z.number().int().min(1).max(100).default(15),
  }),
  async run({ file, limit }, environment) {
    const args = ['log', `--max-count=${limit}`, '--date=short', '--format=%h%x1f%ad%x1f%an%x1f%s']
    // Only one file can be followed across renames.
    if (file !== undefined) args.push('--follow', '--', await checkoutPath(environment.checkout, file))
    const { output } = await runGit(args, environment)
    const commits = output.split('\n').flatMap((line) => {
      const [hash, date, author, subject] = line.split('\x1f')
      return hash && date && author && subject !== undefined ? [{ hash, date, author, subject }] : []
    })
    return { total: commits.length, commits }
  },
})
