import ts from 'typescript'

/** The names that a piece of code declares at its top level. */
export function declaredNames(code: string): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (isNamed(node) && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text)
    if (!ts.isFunctionLike(node) && !ts.isClassLike(node) && !ts.isBlock(node)) ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('snippet.tsx', code, ts.ScriptTarget.Latest))
  return names
}

function isNamed(node: ts.Node): node is ts.Node & { name?: ts.Node } {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isImportClause(node) ||
    ts.isImportSpecifier(node) ||
    ts.isNamespaceImport(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node)
  )
}
