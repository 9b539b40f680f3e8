import { sql, type SqlBool } from 'kysely'

/**
 * True of a row that has another value in any of these columns, so that an edit which changes nothing
 * writes nothing. Columns that are undefined are not compared.
 */
export function differs(values: Readonly<Record<string, unknown>>) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const comparisons = given.map(([column, value]) => sql`${sql.ref(column)} IS NOT ${value}`)
  return sql<SqlBool>`(${sql.join([sql.lit(0), ...comparisons], sql` OR `)})`
}
