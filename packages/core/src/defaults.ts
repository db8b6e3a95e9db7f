/** Every default of the core, in one place; durations in milliseconds, sizes in bytes. All are options of `TaskManager` or of the HTTP handler. */
export const defaults = {
  /** Newest events kept per task: two screens of a busy agent run, some 100 kB. */
  maxEvents: 1_000,
  /** Bytes of event text kept per task, for logs of few but large events. */
  maxLogBytes: 8_388_608,
  /** Bytes of one event: a tool result of that size is a file, and belongs in one. */
  maxEventBytes: 262_144,
  /** Bytes waiting for the store at which `emit` answers false: a second of a fast model, many times over. */
  softBufferBytes: 1_048_576,
  /** Bytes waiting for the store at which the run ends with `buffer_full`. */
  hardBufferBytes: 16_777_216,
  /** Bytes waiting for the store over all runs of a manager: as many as four runs may leave waiting at most. */
  maxBufferedBytes: 67_108_864,
  /** Tasks that one manager runs at a time; they mostly wait for a model. */
  concurrency: 4,
  /** A lease outlives a slow garbage collection and a short loss of the store. */
  leaseMs: 10_000,
  /** Three renewals fit into a lease, so that one may fail. */
  renewMs: 3_000,
  /** Stop requests from other processes are found within this time when no hint comes. */
  stopCheckMs: 1_000,
  /** Lost dispatches and dead owners are looked for this often. */
  sweepMs: 1_000,
  /** Runs of a task that is retried after its process died: a task that kills its process must not do so for ever. */
  maxAttempts: 3,
  /** Tasks queued per scope. */
  maxQueued: 10,
  /** JSON of a checkpoint, in UTF-16 units: it is stored beside every log and travels with every takeover. */
  maxCheckpointLength: 16_384,
  /** Finished tasks are kept this long. */
  keepFinishedMs: 86_400_000,
  /** Finished tasks are swept this often. */
  retentionSweepMs: 3_600_000,
  /** How long a tool may take to react to its signal before it is abandoned. */
  toolGraceMs: 500,
  /** How long a runner may take to end after its signal fired, its tools' grace included. */
  runGraceMs: 2_000,
  /** Progress is written at most this often. */
  progressMs: 100,
  /** A user without a connection is gone after this long: a refresh, a change of network or a lift take less. */
  reconnectGraceMs: 10_000,
  /** Running tasks get this long to end by themselves when the manager closes. */
  drainMs: 10_000,
  /**
   * A snapshot is written when the tail has grown by this many events and a quarter of the state's bytes, and when a log
   * that has as many ends.
   */
  snapshotEvents: 250,
  /** Characters of a chat message in lists and in `TaskInfo`, which is sent with every poll. */
  summaryMessageLength: 2_000,
  /** Idempotency keys are kept this long. */
  idempotencyMs: 86_400_000,
  /** First pause before a failed append is repeated; doubles up to `storeRetryMaxMs`. */
  storeRetryMs: 100,
  /** Longest pause between two tries of a failed append. */
  storeRetryMaxMs: 5_000,
  /** Interval that pollers are told while events flow. */
  pollActiveMs: 150,
  /** Interval that pollers are told when nothing comes. */
  pollQuietMs: 1_000,
  /** A sign of life on an idle connection: proxies give up on one after 30 to 60 s. */
  heartbeatMs: 15_000,
  /** A push connection comes back after this long, so that a load balancer can spread it anew after a deploy. */
  recycleMs: 300_000,
  /** Whoever lost the right to read must not go on reading for longer than this. */
  reauthenticateMs: 60_000,
  /** Bytes that a reader of a push transport may leave waiting before it is cut off. */
  maxPendingBytes: 1_048_576,
  /** Open push connections of one user to one process: some tabs on some devices. */
  maxWatchersPerUser: 100,
  /** A socket is asked for a sign of life this often, and closed when none has come by the next time. */
  pingMs: 30_000,
  /** Tasks that one socket may be subscribed to at a time: a list on a screen. */
  maxSubscriptionsPerSocket: 100,
  /** News gathered into one write; 0 sends each append as it comes. */
  batchMs: 0,
  /** Longest wait of a long-poll; most proxies give up at 30 s. */
  maxWaitMs: 25_000,
  /** Bytes of a request body. */
  maxBodyBytes: 1_048_576,
  /** Bytes of a request body for the chat preset, which may carry pictures. */
  maxChatBodyBytes: 10_485_760,
  /** Nesting of a request body: deeper ones break recursive readers. */
  maxJsonDepth: 64,
  /** Keys in a request body, of all its objects together: a form has dozens, and a table belongs in lists. */
  maxJsonKeys: 10_000,
  /** Active tasks of one user, above which a create over HTTP is refused: nobody watches more at a time. */
  maxActivePerUser: 100,
  /** Tasks in one page of a list. */
  listLimit: 50,
  /** Most tasks that a page of a list may be asked to hold. */
  maxListLimit: 200,
} as const
