/**
 * One part of the benchmark: a table, whose rows are cases.
 *
 * @typedef {{ most: number } | { least: number }} Goal
 * @typedef {Record<string, number>} Measurement Plain numbers, by name.
 * @typedef {object} Case One row: what one process measures, once per round.
 * @property {string} name Unique within its workload.
 * @property {string} group Headline above the row and its neighbours.
 * @property {string} title
 * @property {string} [against] Name of the case that this one is divided by.
 * @property {boolean} [hasGoal] Whether the workload's goal is meant for it. Default: no.
 * @property {Goal} [goal] One of its own.
 * @property {(directory: string) => Promise<Measurement>} measure Runs in a process of its own; may write into the directory.
 *
 * @typedef {object} Ratio What is compared, and what is asked of it.
 * @property {string} title
 * @property {string} of Name of the number that is divided by that of `against`, within the round.
 * @property {Goal} goal
 *
 * @typedef {object} Column
 * @property {string} title
 * @property {string} of Name of the number, or of one that is divided as a ratio is.
 * @property {'number' | 'ratio'} kind
 *
 * @typedef {object} Workload
 * @property {string} title
 * @property {string} about Markdown.
 * @property {readonly Column[]} columns
 * @property {Ratio} ratio
 * @property {(quick: boolean) => readonly Case[]} cases
 * @property {(directory: string, quick: boolean) => Promise<void>} [prepare] Runs once, before the first round, in a process of its own.
 * @property {(rounds: number) => number} [rounds] How many of its own, where others are run so often. Default: as many.
 * @property {boolean} [dies] Whether its processes end as by a power cut: nothing is closed.
 */
export {}
