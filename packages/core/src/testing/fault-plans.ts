import type { Fault, FaultPlan, StoreMethod } from './faulty-store.ts'
import { seededRandom } from './seeded-random.ts'

/** The calls that a plan speaks of. */
interface Affected {
  /** Only these methods count. Default: all. */
  methods?: readonly StoreMethod[]
}

const every = (methods: readonly StoreMethod[] | undefined) => (method: StoreMethod) =>
  methods?.includes(method) ?? true

/** The faults of the first calls, one after the other; what comes later goes well. */
export function listedFaults(faults: Iterable<Fault>, { methods }: Affected = {}): FaultPlan {
  const affects = every(methods)
  const rest = faults[Symbol.iterator]()
  return {
    name: 'listed faults',
    faultOf: ({ method }) => (affects(method) ? (rest.next().value ?? 'none') : 'none'),
  }
}

/**
 * The store goes away for good at one call: that call throws before or after its write, and every later one throws.
 * A test that tries every `step` in turn has killed its writer at every place where one can die.
 */
export function killAt(step: number, when: 'before' | 'after', { methods }: Affected = {}): FaultPlan {
  const affects = every(methods)
  let seen = 0
  return {
    name: `killed ${when} step ${step}`,
    faultOf({ method }) {
      if (seen > step) return 'before'
      if (!affects(method) || seen++ < step) return 'none'
      return when
    },
  }
}

/** Options of {@link randomFaults}. */
export interface RandomFaultsOptions extends Affected {
  /** Decides all that follows; it stands in every error. */
  seed: number
  /** How many of the calls fail, from 0 to 1: half of them before their write, half after it. */
  share: number
  /** Waits before a call. Given how long of the longest wait, from 0 to 1. Default: no wait. */
  delay?: (share: number) => Promise<void>
}

/** Faults by chance, and delays if asked for; the same seed makes the same ones of the same calls. */
export function randomFaults({ seed, share, methods, delay }: RandomFaultsOptions): FaultPlan {
  const affects = every(methods)
  const random = seededRandom(seed)

  function nextFault(): Fault {
    if (random() >= share) return 'none'
    return random() < 0.5 ? 'before' : 'after'
  }

  return {
    name: `seed ${seed}`,
    faultOf({ method }) {
      if (!affects(method)) return 'none'
      const fault = nextFault()
      return delay === undefined ? fault : delay(random()).then(() => fault)
    },
  }
}
