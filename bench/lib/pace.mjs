/** Microseconds of a clock that all processes of the machine share. */
export function microsNow() {
  return Number(process.hrtime.bigint() / 1_000n)
}

/**
 * Calls `emit` for each of some tasks at a steady rate; the tasks are spread evenly over the time between two events.
 *
 * @param {{ tasks: number, perSecond: number, ms: number }} pace
 * @param {(task: number) => void} emit
 * @returns {Promise<number>} How many calls it made.
 */
export function keepPace({ tasks, perSecond, ms }, emit) {
  const gapMs = 1_000 / perSecond / tasks
  const calls = Math.floor(ms / gapMs)
  const began = performance.now()
  return new Promise((resolve) => {
    let done = 0
    const tick = () => {
      for (const now = performance.now(); done < calls && began + done * gapMs <= now; done++)
        emit(done % tasks)
      if (done === calls) resolve(calls)
      else setTimeout(tick, began + done * gapMs - performance.now())
    }
    tick()
  })
}
