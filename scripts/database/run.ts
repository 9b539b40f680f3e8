/** Runs SQL statements, all or none, and returns the rows of each: on this machine or on Cloudflare. */
export type RunSql = (statements: readonly string[]) => Promise<Record<string, unknown>[][]>

/** A string as an SQL literal: wrangler takes no parameters when it runs a statement on Cloudflare. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A `RunSql` on an open database. */
export const runOn =
  (db: D1Database): RunSql =>
  async (statements) => {
    const answers = await db.batch<Record<string, unknown>>(statements.map((sql) => db.prepare(sql)))
    return answers.map(({ results }) => results)
  }
