/**
 * A source of random numbers that a seed decides, for tests that must be repeatable (mulberry32; not for secrets).
 *
 * @param seed A whole number; its low 32 bits count.
 * @returns numbers from 0 (inclusive) to 1 (exclusive), as `Math.random` gives them.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
