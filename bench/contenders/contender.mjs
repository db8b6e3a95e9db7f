/**
 * What takes part in the workloads that write events.
 *
 * @typedef {import('../lib/scripts.mjs').Script} Script
 * @typedef {object} Writing
 * @property {readonly Script[]} scripts One task each. All are of one length.
 * @property {number} batch Events of each task that are taken together: the next ones come when these are stored.
 * @typedef {object} Contender
 * @property {(writing: Writing) => Prepared | Promise<Prepared>} prepare Makes what is not to be measured.
 * @property {() => void | Promise<void>} close
 * @typedef {() => Promise<number>} Prepared Writes into new tasks, side by side; resolves with the number of events kept.
 */
export {}
