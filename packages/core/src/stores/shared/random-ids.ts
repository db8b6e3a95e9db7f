import { customRandom, random as hardwareRandom } from 'nanoid'

/** Letters and digits: safe in a URL, a file name and a shell, and an id never begins like an option or a hidden file. */
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Of 62 letters, 21 make 125 random bits. */
const idLength = 21

/** Answers `bytes` random bytes. */
export type RandomBytes = (bytes: number) => Uint8Array

/** The ids of one store: of tasks and epochs, and the tokens of leases. */
export interface RandomIds {
  id(): string
  /** `counter:random`, the counter for people who read logs, the rest for uniqueness. */
  token(): string
}

/** Makes ids from the given source; by default from the hardware's. */
export function randomIds(random: RandomBytes = hardwareRandom): RandomIds {
  const id = customRandom(alphabet, idLength, random)
  let issued = 0
  return {
    id: () => id(),
    token: () => `${++issued}:${id()}`,
  }
}
