/** What was expected of a shop and what was seen, a line each. One that fails stops only what depends on it. */
export class Report {
  #passed = 0
  #failed = 0
  #skipped = 0
  readonly #remaining: string[] = []
  readonly #undo: { what: string; act: () => Promise<string | undefined> }[] = []

  get hasFailed(): boolean {
    return this.#failed > 0
  }

  /** Tells one expectation, and gives back whether it holds. */
  expect(what: string, holds: boolean, seen: string): boolean {
    if (holds) this.#passed += 1
    else this.#failed += 1
    console.log(`${holds ? 'ok  ' : 'FAIL'}  ${what}: ${seen}`)
    return holds
  }

  /** What cannot be seen is not passed over in silence. */
  skip(what: string, why: string): void {
    this.#skipped += 1
    console.log(`skip  ${what}: ${why}`)
  }

  /** Runs expectations that depend on each other; undefined if they broke off. */
  async group<T>(name: string, act: () => Promise<T>): Promise<T | undefined> {
    console.log(`\n${name}`)
    try {
      return await act()
    } catch (error) {
      this.expect(`${name} to the end`, false, reasonOf(error))
      return undefined
    }
  }

  /** To be undone at the end, the newest first. `act` gives what stood against it. */
  undoLater(what: string, act: () => Promise<string | undefined>): void {
    this.#undo.push({ what, act })
  }

  async undo(): Promise<void> {
    for (const { what, act } of this.#undo.toReversed()) {
      const fault = await act().catch(reasonOf)
      this.expect(what, fault === undefined, fault ?? 'done')
    }
  }

  /** What cannot be undone. */
  remains(what: string): void {
    this.#remaining.push(what)
  }

  tell(): void {
    for (const what of this.#remaining) console.log(`\nIt stays, since nothing can remove it: ${what}.`)
    console.log(`\n${this.#passed} as expected, ${this.#failed} not, ${this.#skipped} skipped.`)
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}
