import { parseFolds } from '../parse-folds.ts'
import type { Query } from '../parse-query.ts'
import { invalidParameter, readText } from '../query-reader.ts'

/**
 * The folds whose snapshots a client takes, from `snapshot`; `null` when it names none.
 *
 * @throws TaskError `invalid_input`
 */
export function readFolds(query: Query): readonly string[] | null {
  const text = readText(query, 'snapshot')
  if (text === null) return null
  const folds = parseFolds(text)
  if (folds === null) {
    throw invalidParameter('snapshot', 'must name the folds that the client knows, such as blocks@1')
  }
  return folds
}
