const deerflow = 'the events of an agent framework (DeerFlow), not a provider’s stream'
const polls = 'the HTTP exchanges of an image job, not a stream'
const trajectory = 'the log of a finished agent run, not a stream'

/** The recordings that no provider here reads, and why. */
export const unreadable: Readonly<Record<string, string>> = {
  'agui-parallel-tools.json': 'AG-UI events, which a server made from a stream',
  'agui-thinking.json': 'AG-UI events, which a server made from a stream',
  'codex-fix-merge-13min.jsonl': 'the protocol between a coding agent (Codex) and its screen',
  'cohere-tool-call.jsonl': 'Cohere’s own format, whose provider is not among those installed',
  'deerflow-china-food-delivery.sse': deerflow,
  'deerflow-first-plan-interrupt.sse': deerflow,
  'deerflow-nanjing.sse': deerflow,
  'deerflow-reasoning-zh.sse': deerflow,
  'deerflow-ultra-processed-foods.sse': deerflow,
  'image-job-cancelled.polls.jsonl': polls,
  'image-job-polled.polls.jsonl': polls,
  'minisweagent-github-issue.traj.json': trajectory,
  'sweagent-marshmallow-1867.traj': trajectory,
}
