/** CPU time in µs of the processes that this one has started and that have told theirs: it is no foreign load. */
let micros = 0

/** @param {number} spentMicros */
export function addChildMicros(spentMicros) {
  micros += spentMicros
}

export function childMicros() {
  return micros
}
