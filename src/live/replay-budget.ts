/**
 * The replay budget of an account per minute. It fits 5 000 events of orders with three lines; replaying
 * everything repeatedly on ten connections then costs no more than ordinary requests within their limits.
 */
const MAX_BYTES = 4 * 1024 * 1024
/** The rows that those events read. Small orders read the most rows per byte sent. */
const MAX_ROWS = 50_000
const MINUTE_MILLISECONDS = 60_000

const KEY = 'replays'

interface Minute {
  ends_at: number
  /** By user_id. */
  spent: Map<number, { bytes: number; rows: number }>
}

/**
 * How much has been replayed in this minute, by account. It is stored because a client can get the object
 * evicted within the minute by disconnecting for a few seconds.
 */
export class ReplayBudget {
  readonly #store: SyncKvStorage
  #minute: Minute
  #isSaved = true

  constructor(store: SyncKvStorage) {
    this.#store = store
    this.#minute = store.get<Minute>(KEY) ?? { ends_at: 0, spent: new Map() }
  }

  /** When every account has its whole budget again: milliseconds since 1970. */
  get refills_at(): number {
    return this.#minute.ends_at
  }

  isSpent(user_id: number, now: number): boolean {
    const spent = this.#minute.spent.get(user_id)
    if (!spent || now >= this.#minute.ends_at) return false
    return spent.bytes >= MAX_BYTES || spent.rows >= MAX_ROWS
  }

  spend(user_id: number, { bytes = 0, rows = 0 }: { bytes?: number; rows?: number }, now: number): void {
    if (now >= this.#minute.ends_at) this.#minute = { ends_at: now + MINUTE_MILLISECONDS, spent: new Map() }
    const spent = this.#minute.spent.get(user_id) ?? { bytes: 0, rows: 0 }
    this.#minute.spent.set(user_id, { bytes: spent.bytes + bytes, rows: spent.rows + rows })
    this.#isSaved = false
  }

  save(): void {
    if (!this.#isSaved) this.#store.put(KEY, this.#minute)
    this.#isSaved = true
  }
}
