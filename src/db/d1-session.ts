import type { CompiledQuery } from 'kysely'

export type Statement = Pick<CompiledQuery, 'sql' | 'parameters'>

/**
 * Where the first round trip of a session may read (D1's Sessions API): from the primary, from any replica, or,
 * given a bookmark, from any replica at least as new. Later round trips see at least what earlier ones saw.
 * Writes always go to the primary.
 */
export type SessionStart = 'first-primary' | 'first-unconstrained' | Bookmark

export type Bookmark = string & { readonly __bookmark: unique symbol }

/** Validates a bookmark from a client, because local D1 accepts any text. */
export function toBookmark(text: string): Bookmark | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(text) ? (text as Bookmark) : undefined
}

/** The D1 usage of a request so far. */
export interface Usage {
  round_trips: number
  rows_read: number
  rows_written: number
  milliseconds: number
}

/** A session of D1's Sessions API, with its usage. */
export class D1Session {
  readonly #d1: D1Database
  readonly #start: SessionStart
  #session: D1DatabaseSession
  readonly usage: Usage

  constructor(
    d1: D1Database,
    start: SessionStart = 'first-primary',
    usage: Usage = { round_trips: 0, rows_read: 0, rows_written: 0, milliseconds: 0 },
  ) {
    this.#d1 = d1
    this.#start = start
    this.#session = d1.withSession(start)
    this.usage = usage
  }

  /**
   * The newest state that was read or written, for the client's next request. Undefined before the first round
   * trip, and for reads from any replica: those responses may be cached for everyone.
   */
  get bookmark(): string | undefined {
    if (this.usage.round_trips === 0 || this.#start === 'first-unconstrained') return undefined
    return this.#session.getBookmark() ?? undefined
  }

  /**
   * Runs the statements in one round trip, all or nothing. After a failure the session's state is unknown, so
   * the next round trip, which may look up the reason, goes to the primary. D1 refuses a bookmark before it runs
   * anything; the statements are then sent again without it.
   */
  async batch(statements: readonly Statement[]): Promise<D1Result[]> {
    try {
      return await this.#roundTrip(statements)
    } catch (error) {
      this.#session = this.#d1.withSession('first-primary')
      if (this.#start.startsWith('first-') || !isRefusalOfBookmark(error)) throw error
      return await this.#roundTrip(statements)
    }
  }

  async #roundTrip(statements: readonly Statement[]): Promise<D1Result[]> {
    const session = this.#session
    const started = performance.now()
    try {
      const prepared = statements.map(({ sql, parameters }) => session.prepare(sql).bind(...parameters))
      // A statement costs D1 and workerd less than a batch of one.
      const results = prepared.length === 1 ? [await prepared[0]!.all()] : await session.batch(prepared)
      for (const { meta } of results) {
        this.usage.rows_read += meta.rows_read
        this.usage.rows_written += meta.rows_written
      }
      return results
    } finally {
      this.usage.round_trips += 1
      this.usage.milliseconds += performance.now() - started
    }
  }
}

/** The bookmark is from another database, or from a time that a restore has undone. */
function isRefusalOfBookmark(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /D1_SESSION_ERROR|bookmark/i.test(message) && !message.includes('SQLITE_')
}
