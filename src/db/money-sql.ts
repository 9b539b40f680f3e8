import { type RawBuilder, sql } from 'kysely'

/** SQL for `toMoney` of cents that are not negative. */
export function moneySql(cents: RawBuilder<number>): RawBuilder<string> {
  return sql`(SELECT printf('%d.%02d', cents / 100, cents % 100) FROM (SELECT ${cents} AS cents))`
}
