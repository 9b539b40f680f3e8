/**
 * What replays may cost a minute, for each account. Five thousand events of orders with three lines come in
 * one go; asking for everything again and again, at ten connections, costs the shop no more than ordinary
 * requests within their limits do.
 */
const MAX_BYTES = 4 * 1024 * 1024
/** For the same events: what reads most rows for the bytes it sends is many orders of few lines. */
const MAX_ROWS = 50_000
const MINUTE_MILLISECONDS = 60_000

const KEY = 'replays'

interface Minute {
  ends_at: number
  /** By user_id. */
  spent: Map<number, { bytes: number; rows: number }>
}

/**
 * How much has been replayed in this minute, to whom. It is stored: a client can have the object put out
 * of memory within a minute, by hanging up and waiting some seconds.
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
