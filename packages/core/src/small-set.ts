/**
 * A set that most often has one member or none, and then takes no table of its own: there is one wherever somebody
 * watches something, and thousands watch something each.
 */
export class SmallSet<Member extends object> {
  #only: Member | null = null
  /** All members, once there have been two at a time. */
  #all: Set<Member> | null = null

  get size(): number {
    return this.#all?.size ?? (this.#only === null ? 0 : 1)
  }

  has(member: Member): boolean {
    return this.#all?.has(member) ?? this.#only === member
  }

  add(member: Member): void {
    if (this.#all !== null) this.#all.add(member)
    else if (this.#only === null || this.#only === member) this.#only = member
    else {
      this.#all = new Set([this.#only, member])
      this.#only = null
    }
  }

  /** Answers whether it was one. */
  delete(member: Member): boolean {
    if (this.#all !== null) return this.#all.delete(member)
    const wasMember = this.#only === member
    if (wasMember) this.#only = null
    return wasMember
  }

  clear(): void {
    this.#only = null
    this.#all = null
  }

  /** Members may come and go meanwhile; one that has gone is not called upon. */
  [Symbol.iterator](): Iterator<Member> {
    if (this.#all !== null) return this.#all[Symbol.iterator]()
    return (this.#only === null ? [] : [this.#only])[Symbol.iterator]()
  }
}
