/**
 * Runs a reader of the log one run at a time. A wake during a run makes it run again, so that what was
 * committed before the wake has been read when the wake resolves.
 */
export class RunLoop {
  #running: Promise<void> | undefined
  #woken = false
  readonly #read: () => Promise<void>
  readonly #onError: (error: unknown) => Promise<void>

  /** `read` reads the log to its end; `onError` decides when to try again, and must not throw. */
  constructor(read: () => Promise<void>, onError: (error: unknown) => Promise<void>) {
    this.#read = read
    this.#onError = onError
  }

  wake(): Promise<void> {
    this.#woken = true
    // Assigned before it runs: closing a stream synchronously wakes the reader again, which re-enters here.
    this.#running ??= Promise.resolve().then(() => this.#run())
    return this.#running
  }

  async #run(): Promise<void> {
    try {
      while (this.#woken) {
        this.#woken = false
        await this.#read()
      }
    } catch (error) {
      await this.#onError(error)
    } finally {
      this.#running = undefined // at once: a wake after the last look at #woken must begin a run
    }
  }
}
