/** Prints each expectation with what was seen. A failure stops only the checks that depend on it. */
export class Report {
  #passed = 0
  #failed = 0
  #skipped = 0
  readonly #remaining: string[] = []
  readonly #cleanUps: { what: string; act: () => Promise<string | undefined> }[] = []

  get hasFailed(): boolean {
    return this.#failed > 0
  }

  /** Prints one expectation and returns whether it holds. */
  expect(what: string, holds: boolean, seen: string): boolean {
    if (holds) this.#passed += 1
    else this.#failed += 1
    console.log(`${holds ? 'ok  ' : 'FAIL'}  ${what}: ${seen}`)
    return holds
  }

  /** Prints what could not be checked, so that it is not overlooked. */
  skip(what: string, why: string): void {
    this.#skipped += 1
    console.log(`skip  ${what}: ${why}`)
  }

  /** Runs expectations that depend on each other; returns undefined if they could not be completed. */
  async group<T>(name: string, act: () => Promise<T>): Promise<T | undefined> {
    console.log(`\n${name}`)
    try {
      return await act()
    } catch (error) {
      this.expect(`${name} completes`, false, reasonOf(error))
      return undefined
    }
  }

  /** Registers a step for `cleanUp`. `act` returns what went wrong, if anything. */
  onCleanUp(what: string, act: () => Promise<string | undefined>): void {
    this.#cleanUps.push({ what, act })
  }

  /** Runs each registered step once, the newest first. */
  async cleanUp(): Promise<void> {
    while (this.#cleanUps.length > 0) {
      const { what, act } = this.#cleanUps.pop()!
      const fault = await act().catch(reasonOf)
      this.expect(what, fault === undefined, fault ?? 'done')
    }
  }

  /** Registers what cannot be removed. */
  remains(what: string): void {
    this.#remaining.push(what)
  }

  printSummary(): void {
    for (const what of this.#remaining) console.log(`\nRemains, since it cannot be removed: ${what}.`)
    console.log(`\n${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped.`)
  }
}

export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
