import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../../scripts/lib/run.mjs'
import { declaredNames } from './declared-names.ts'
import type { Snippet } from './extract-snippets.ts'
import { placeholderNames } from './placeholder-names.ts'

/** Where the snippets pretend to be: in a folder whose imports find the packages' sources. */
const folder = join(root, 'test/docs-snippets')

/**
 * Type-checks every snippet as a module of its own, all in one program with the repository's options.
 *
 * @returns what is wrong, each as `docs/page.md:12: sentence`
 */
export function checkSnippets(snippets: readonly Snippet[]): string[] {
  const placeholders = placeholderNames()
  const byFile = new Map(
    snippets.map((snippet) => {
      const name = snippet.doc.replaceAll(/[^\w.]/g, '_')
      const { file = `${name}.line-${snippet.line}.${snippet.extension}` } = snippet
      return [join(folder, file), snippet]
    }),
  )
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  const textOf = (path: string): string | undefined => {
    const snippet = byFile.get(path)
    return snippet && snippet.code + epilogue(snippet, placeholders.get(snippet.doc) ?? [])
  }
  host.fileExists = (path) => byFile.has(path) || fileExists(path)
  host.readFile = (path) => textOf(path) ?? readFile(path)
  host.getSourceFile = (path, languageVersion) => {
    const text = host.readFile(path)
    return text === undefined ? undefined : ts.createSourceFile(path, text, languageVersion)
  }
  const program = ts.createProgram([...byFile.keys(), join(folder, 'runes.d.ts')], options, host)
  return [...byFile].flatMap(([path, snippet]) => {
    const source = program.getSourceFile(path)
    if (source === undefined) throw new Error(`${path} is not in the program`)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const { line } = source.getLineAndCharacterOfPosition(start)
        return `${snippet.doc}:${snippet.line + line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
      },
    )
  })
}

/** Declares the placeholders that the snippet does not declare itself, below its code, so that lines stay true. */
function epilogue({ doc, code }: Snippet, names: readonly string[]): string {
  const own = declaredNames(code)
  const declarations = names
    .filter((name) => !own.has(name))
    .map((name) => `declare const ${name}: import('./placeholders.ts').Placeholders['${doc}']['${name}']`)
  return ['', ...declarations, 'export {}'].join('\n')
}

function compilerOptions(): ts.CompilerOptions {
  const { config, error } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['tsconfig.json'] }, ts.sys, root)
  return { ...options, jsx: ts.JsxEmit.ReactJSX }
}
