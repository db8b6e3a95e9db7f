import { checkTypes } from './check-types.ts'
import { gitBlame } from './git-blame.ts'
import { gitDiff } from './git-diff.ts'
import { gitLog } from './git-log.ts'
import { listFiles } from './list-files.ts'
import { readFile } from './read-file.ts'
import { runTests } from './run-tests.ts'
import { searchCode } from './search-code.ts'

export type { ChatTool } from './chat-tool.ts'
export { parseMatch, type SearchMatch } from './search-code.ts'
export { withReports } from './with-reports.ts'
export { checkTypes, gitBlame, gitDiff, gitLog, listFiles, readFile, runTests, searchCode }

/** Every tool that a language model is given. */
export const chatTools = [
  searchCode,
  listFiles,
  readFile,
  gitLog,
  gitDiff,
  gitBlame,
  runTests,
  checkTypes,
] as const
