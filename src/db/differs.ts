import { sql, type SqlBool } from 'kysely'

/**
 * True for a row that differs in any of these columns, so that an edit without a change writes nothing. Undefined
 * values are not compared.
 */
export function differs(values: Readonly<Record<string, unknown>>) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const comparisons = given.map(([column, value]) => sql`${sql.ref(column)} IS NOT ${value}`)
  return sql<SqlBool>`(${sql.join([sql.lit(0), ...comparisons], sql` OR `)})`
}
