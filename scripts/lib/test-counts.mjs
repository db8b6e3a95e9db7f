/**
 * @typedef {{ title: string, fullName: string, status: string }} TestResult
 * @typedef {{ name: string, status: string, message?: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ passed: number, failed: number, skipped: string[] }} Counts
 */

/**
 * Counts the tests in vitest's JSON report. A file that broke before its tests could run counts as one failure.
 *
 * @param {{ testResults: readonly FileResult[] }} report
 * @returns {Counts} `skipped` holds the full names.
 */
export function countTests({ testResults }) {
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: [] }
  for (const file of testResults) {
    const failedBefore = counts.failed
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1
      else if (test.status === 'failed') counts.failed += 1
      else counts.skipped.push(test.fullName)
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed += 1
  }
  return counts
}
