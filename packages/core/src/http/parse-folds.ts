/** Most folds that one read may name. */
const maxFolds = 8

/** Names of folds, separated by commas; `null` when the text is none of that. */
export function parseFolds(text: string): readonly string[] | null {
  const folds = text.split(',')
  return folds.length <= maxFolds && folds.every((fold) => /^[\w.@-]+$/.test(fold)) ? folds : null
}
