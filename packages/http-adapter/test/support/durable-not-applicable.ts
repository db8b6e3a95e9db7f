/** Tests of the conformance suite that do not apply to a read-only mount of task logs, and why. */
interface NotApplicable {
  reason: string
  /** Titles of groups that are left out as a whole. */
  groups?: readonly string[]
  /** Titles of tests within groups that apply; they are run, and must fail for as long as they are listed. */
  tests?: readonly string[]
}

/** What stands in none of these lists must pass. */
export const notApplicable: readonly NotApplicable[] = [
  {
    reason: 'a rule for writers: only its runner writes the log of a task, so that no writer needs an order',
    tests: [
      'should enforce sequence ordering with seq',
      'should enforce sequence ordering',
      'should enforce lexicographic seq ordering ("2" then "10" rejects)',
      'should reject duplicate seq values',
      'should enforce case-sensitive seq ordering',
      'out-of-order seq values are rejected',
    ],
  },
  {
    reason: 'producers write; the one that writes the log of a task is fenced by its lease',
    groups: ['Idempotent Producer Operations', 'Idempotent Producers with Stream Closure'],
    tests: ['close-with-different-body-dedup: Retry close with different body deduplicates to original'],
  },
  {
    reason: 'finished tasks are removed by retention, and never while they run: a stream has no time to live',
    groups: [
      'TTL and Expiry Validation',
      'TTL and Expiry Edge Cases',
      'HEAD Metadata Edge Cases',
      'TTL Expiration Behavior',
    ],
  },
  {
    reason: 'forks are made by writers, and a task has a log of its own',
    groups: [
      'Fork - Creation',
      'Fork - Reading',
      'Fork - Appending',
      'Fork - Recursive',
      'Fork - Live Modes',
      'Fork - Deletion and Lifecycle',
      'Fork - TTL and Expiry',
      'Fork - JSON Mode',
      'Fork - Edge Cases',
    ],
  },
  {
    reason: 'a log holds JSON, which an event stream sends as it is: nothing is encoded as base64',
    tests: [
      'base64 SSE catch-up pairs every data event with a control event',
      'should auto-detect binary streams and return base64 encoded data in SSE mode',
      'should include Stream-SSE-Data-Encoding header for binary streams',
      'should handle large binary payload with auto-detected base64 encoding',
      'should handle binary data with special bytes using auto-detected base64 encoding',
      'should auto-detect base64 encoding for application/x-protobuf streams',
      'should auto-detect base64 encoding for image/png streams',
    ],
  },
  {
    reason: 'preflights are answered by the CORS middleware in front of the routes',
    tests: ['should allow If-None-Match in CORS preflight responses'],
  },
]
