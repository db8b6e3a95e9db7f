/** Result of a chat task; the next turns of its conversation read it. */
export interface ChatAnswer {
  answer: string
}
