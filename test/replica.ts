import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

interface Statement {
  sql: string
  parameters: unknown[]
}

/**
 * A D1 with a primary and one replica that lags as far as the test wants, by the rules of the Sessions API:
 * writes go to the primary; reads go to the replica, which first catches up to the session's bookmark, or to the
 * primary if the session starts there. The replica is a second database that replays the primary's writes.
 */
export class ReplicatedDatabase {
  readonly #log: Statement[][] = []
  #applied = 0
  /** Reads that the replica answered while it lagged. */
  staleReads = 0
  primaryReads = 0
  /** A bookmark that D1 does not know. */
  refused: string | undefined

  static async open(): Promise<ReplicatedDatabase> {
    await applyD1Migrations(env.REPLICA, env.TEST_MIGRATIONS)
    return new ReplicatedDatabase()
  }

  get lag(): number {
    return this.#log.length - this.#applied
  }

  /** Replays this many more batches of the primary on the replica. */
  async replicate(batches = Infinity): Promise<void> {
    for (let left = Math.min(batches, this.lag); left > 0; left -= 1) {
      await run(env.REPLICA, this.#log[this.#applied]!)
      this.#applied += 1
    }
  }

  /** The Worker's binding. */
  get binding(): D1Database {
    return {
      // For the tests themselves.
      prepare: (sql: string) => ({
        bind: (...parameters: unknown[]) => ({
          first: async () => (await this.#atPrimary([{ sql, parameters }]))[0]!.results[0],
        }),
      }),
      withSession: (start: string) => this.#session(start),
    } as unknown as D1Database
  }

  async #atPrimary(statements: Statement[]): Promise<D1Result[]> {
    const results = await run(env.DB, statements)
    if (writes(statements)) this.#log.push(statements)
    else this.primaryReads += 1
    return results
  }

  #session(start: string) {
    let seen: number | 'primary' = start === 'first-primary' ? 'primary' : toPosition(start)
    const batch = async (statements: Statement[]): Promise<D1Result[]> => {
      if (start === this.refused) throw new Error('D1_SESSION_ERROR: this bookmark is of another database')
      if (writes(statements) || seen === 'primary') {
        const results = await this.#atPrimary(statements)
        seen = this.#log.length
        return results
      }
      await this.replicate(seen - this.#applied)
      if (this.lag > 0) this.staleReads += 1
      seen = this.#applied
      return run(env.REPLICA, statements)
    }
    return {
      prepare: (sql: string) => ({
        bind: (...parameters: unknown[]) => ({
          sql,
          parameters,
          all: async () => (await batch([{ sql, parameters }]))[0],
        }),
      }),
      batch,
      getBookmark: () => (seen === 'primary' ? null : toBookmark(seen)),
    }
  }
}

function writes(statements: readonly Statement[]): boolean {
  return statements.some(({ sql }) => !/^\s*(select|with)\b/i.test(sql))
}

function run(db: D1Database, statements: readonly Statement[]): Promise<D1Result[]> {
  return db.batch(statements.map(({ sql, parameters }) => db.prepare(sql).bind(...parameters)))
}

function toBookmark(position: number): string {
  return `${position.toString(16).padStart(8, '0')}-00000000-00000000-${'0'.repeat(32)}`
}

/** 0 for `first-unconstrained`, which accepts any state. */
function toPosition(start: string): number {
  return start === 'first-unconstrained' ? 0 : Number.parseInt(start.slice(0, 8), 16)
}
