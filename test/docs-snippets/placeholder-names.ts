import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** The placeholders that `placeholders.ts` lists, by document. */
export function placeholderNames(): Map<string, string[]> {
  const source = ts.createSourceFile(
    'placeholders.ts',
    readFileSync(new URL('placeholders.ts', import.meta.url), 'utf8'),
    ts.ScriptTarget.Latest,
  )
  const list = source.statements.find(ts.isInterfaceDeclaration)
  return new Map(list?.members.map((member) => [nameOf(member), namesIn(member)]))
}

function namesIn(member: ts.TypeElement): string[] {
  if (!ts.isPropertySignature(member) || member.type === undefined || !ts.isTypeLiteralNode(member.type)) {
    throw new Error(`placeholders.ts: "${nameOf(member)}" must be an object type`)
  }
  return member.type.members.map(nameOf)
}

function nameOf({ name }: ts.TypeElement): string {
  if (name === undefined || !(ts.isIdentifier(name) || ts.isStringLiteral(name))) {
    throw new Error('placeholders.ts: every member needs a plain name')
  }
  return name.text
}
