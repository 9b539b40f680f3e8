import type { CompiledQuery } from 'kysely'

export type Statement = Pick<CompiledQuery, 'sql' | 'parameters'>

/**
 * Where the first trip of a session may read (D1's Sessions API): at the primary, at any replica, or,
 * given a bookmark, at any that is at least as new. Later trips see at least what earlier ones saw, and
 * whatever writes goes to the primary.
 */
export type SessionStart = 'first-primary' | 'first-unconstrained' | Bookmark

export type Bookmark = string & { readonly __bookmark: unique symbol }

/** The bookmark that a client sent back, if it has the form of D1's; local D1 takes any text for one. */
export function toBookmark(text: string): Bookmark | undefined {
  return /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(text) ? (text as Bookmark) : undefined
}

/** What a request has used of D1 so far. */
export interface Usage {
  trips: number
  rows_read: number
  rows_written: number
  milliseconds: number
}

/** A session of D1's Sessions API, and what has been used of it. */
export class D1Session {
  readonly #d1: D1Database
  readonly #start: SessionStart
  #session: D1DatabaseSession
  readonly usage: Usage

  constructor(
    d1: D1Database,
    start: SessionStart = 'first-primary',
    usage: Usage = { trips: 0, rows_read: 0, rows_written: 0, milliseconds: 0 },
  ) {
    this.#d1 = d1
    this.#start = start
    this.#session = d1.withSession(start)
    this.usage = usage
  }

  /**
   * What was seen or written so far, for the client's next request. None before the first trip, nor
   * where any replica would do: that answer may be kept for everybody.
   */
  get bookmark(): string | undefined {
    if (this.usage.trips === 0 || this.#start === 'first-unconstrained') return undefined
    return this.#session.getBookmark() ?? undefined
  }

  /**
   * One trip, all or nothing. After one that fails nobody knows what was seen or written, so the next
   * asks the primary: it is the trip that explains the failure. A bookmark that D1 refuses, which it
   * does before it runs anything, is as good as none.
   */
  async batch(statements: readonly Statement[]): Promise<D1Result[]> {
    try {
      return await this.#trip(statements)
    } catch (error) {
      this.#session = this.#d1.withSession('first-primary')
      if (this.#start.startsWith('first-') || !isRefusalOfBookmark(error)) throw error
      return await this.#trip(statements)
    }
  }

  async #trip(statements: readonly Statement[]): Promise<D1Result[]> {
    const session = this.#session
    const started = performance.now()
    try {
      const prepared = statements.map(({ sql, parameters }) => session.prepare(sql).bind(...parameters))
      // D1 and workerd do less for a statement than for a batch of one.
      const results = prepared.length === 1 ? [await prepared[0]!.all()] : await session.batch(prepared)
      for (const { meta } of results) {
        this.usage.rows_read += meta.rows_read
        this.usage.rows_written += meta.rows_written
      }
      return results
    } finally {
      this.usage.trips += 1
      this.usage.milliseconds += performance.now() - started
    }
  }
}

/** Of another database, or from a time that a restore has undone. */
function isRefusalOfBookmark(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return /D1_SESSION_ERROR|bookmark/i.test(message) && !message.includes('SQLITE_')
}
