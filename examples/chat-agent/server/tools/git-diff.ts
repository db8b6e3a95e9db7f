import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { checkoutPath } from './checkout-path.ts'
import { runGit } from './run-program.ts'

/** What `checkoutPath` refuses, wherever it is in the tree, also in commits of long ago. */
const withoutSecrets = ['.env', '.env/**', '.env.*', '.env.*/**'].map(
  (glob) => `:(exclude,top,glob)**/${glob}`,
)

/** Shows what has changed, in the working tree or in a commit. */
export const gitDiff = defineChatTool({
  name: 'git_diff',
  description:
    'Show what is changed and not committed, or what one commit changed: the list of files and the patch.',
  input: z.object({
    // Begins with a letter or digit, so that it can never be taken for an option.
    commit: z
      .string()
      .regex(/^[A-Za-z0-9][\w./~^@{}-]{0,99}$/)
      .optional(),
    file: z.string().max(500).optional(),
  }),
  async run({ commit, file }, environment) {
    const what =
      commit === undefined
        ? ['diff', 'HEAD']
        : // Only commits: the id of a file's contents would show them, whatever the paths say.
          ['show', '--format=%h %ad %an: %s', '--date=short', `${commit}^{commit}`]
    const named = file === undefined ? [] : [await checkoutPath(environment.checkout, file)]
    const only = [...named, ...withoutSecrets]
    const files = await runGit([...what, '--stat=76', '--', ...only], environment)
    const patch = await runGit([...what, '--patch', '--', ...only], environment)
    const untracked =
      commit === undefined
        ? (await runGit(['ls-files', '--others', '--exclude-standard', '--', ...only], environment)).output
        : ''
    return {
      files: files.output.trim(),
      untracked: untracked.split('\n').filter((path) => path !== ''),
      patch: patch.output.slice(0, 20_000),
      complete: !patch.truncated && patch.output.length <= 20_000,
    }
  },
})
