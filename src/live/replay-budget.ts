const MIB = 1024 * 1024

/**
 * The replay budget of an account per minute. It fits 5 000 events of orders with three lines; replaying everything
 * repeatedly on ten connections then costs no more than ordinary requests within their limits. Small orders read the
 * most rows per byte sent.
 */
const MINUTE = { milliseconds: 60_000, bytes: 4 * MIB, rows: 50_000 }

/**
 * Per second: the runtime buffers what a client has not read, so a replay leaves it time to read. A page of orders of a
 * hundred lines fits, so that no page is read twice.
 */
const SECOND = { milliseconds: 1000, bytes: MIB, rows: Infinity }

const KEY = 'replays'

interface Period {
  ends_at: number
  /** By user_id. */
  spent: Map<number, { bytes: number; rows: number }>
}

/**
 * How much has been replayed in this minute and this second, by account. The minute is stored because a client can get
 * the object evicted within it by disconnecting for a few seconds.
 */
export class ReplayBudget {
  readonly #store: SyncKvStorage
  readonly #minute: Period
  readonly #second: Period = { ends_at: 0, spent: new Map() }
  #isSaved = true

  constructor(store: SyncKvStorage) {
    this.#store = store
    this.#minute = store.get<Period>(KEY) ?? { ends_at: 0, spent: new Map() }
  }

  /** When an account's replay may continue: `now`, or later. Milliseconds since 1970. */
  resumesAt(user_id: number, now: number): number {
    if (isSpent(this.#minute, MINUTE, user_id, now)) return this.#minute.ends_at
    if (isSpent(this.#second, SECOND, user_id, now)) return this.#second.ends_at
    return now
  }

  spend(user_id: number, { bytes = 0, rows = 0 }: { bytes?: number; rows?: number }, now: number): void {
    for (const [period, { milliseconds }] of [
      [this.#minute, MINUTE],
      [this.#second, SECOND],
    ] as const) {
      if (now >= period.ends_at) Object.assign(period, { ends_at: now + milliseconds, spent: new Map() })
      const spent = period.spent.get(user_id) ?? { bytes: 0, rows: 0 }
      period.spent.set(user_id, { bytes: spent.bytes + bytes, rows: spent.rows + rows })
    }
    this.#isSaved = false
  }

  save(): void {
    if (!this.#isSaved) this.#store.put(KEY, this.#minute)
    this.#isSaved = true
  }
}

function isSpent({ ends_at, spent }: Period, most: typeof MINUTE, user_id: number, now: number): boolean {
  const { bytes, rows } = spent.get(user_id) ?? { bytes: 0, rows: 0 }
  return now < ends_at && (bytes >= most.bytes || rows >= most.rows)
}
