import { type Expression, type RawBuilder, sql, type SqlBool } from 'kysely'
import { AppError, type ErrorCode, type ErrorExtra, type FieldErrors, InvalidRequest } from '../errors.ts'

/**
 * Aborts the whole batch with this error if `condition` is true at its place in the batch, where it sees the
 * effects of the statements before it. `extra` is SQL for a JSON object, the `extra` of the error.
 */
export function refuseWhen(
  condition: Expression<SqlBool>,
  code: ErrorCode,
  detail: string | Expression<string>,
  extra: Expression<string | null> = sql<null>`NULL`,
): RawBuilder<never> {
  return sql<never>`INSERT INTO refusals (code, detail, extra) SELECT ${code}, ${detail}, ${extra} WHERE ${condition}`
}

/** The arguments of `refuseWhen`. */
export type Refusal = Parameters<typeof refuseWhen>

/** The errors of these fields of the request, if `condition` is true. */
export function fieldsRefusal(condition: Expression<SqlBool>, fields: FieldErrors): Refusal {
  const { code, message, extra } = new InvalidRequest(fields)
  return [condition, code, message, sql<string>`${JSON.stringify(extra)}`]
}

/**
 * Aborts the batch with the first of these errors whose condition is true. One statement, which evaluates only the
 * `extra` of that error. The conditions can use the columns of the one row of `from`.
 */
export function refuseFirst(refusals: readonly Refusal[], from: RawBuilder<unknown>): RawBuilder<never> {
  const cases = refusals.map(
    ([condition, code, detail, extra = sql<null>`NULL`]) =>
      sql`WHEN ${condition} THEN json_array(${code}, ${detail}, ${extra})`,
  )
  return sql<never>`
    INSERT INTO refusals (code, detail, extra) SELECT error ->> 0, error ->> 1, error ->> 2
    FROM (SELECT CASE ${sql.join(cases, sql` `)} END AS error FROM ${from}) WHERE error IS NOT NULL`
}

/** Aborts the batch with `not_found` unless the table has this row, owned by `user_id` if given. */
export function refuseUnlessFound(
  table: 'categories' | 'products' | 'orders' | 'delivery_options',
  { id, user_id }: { id: number; user_id?: number | undefined },
  detail: string,
): RawBuilder<never> {
  const own = user_id === undefined ? sql`` : sql`AND user_id = ${user_id}`
  const missing = sql<SqlBool>`NOT EXISTS (SELECT 1 FROM ${sql.table(table)} WHERE id = ${id} ${own})`
  return refuseWhen(missing, 'not_found', detail)
}

/** The error with which `refuseWhen` (through the trigger `refusals_abort`) aborted a batch, if it did. */
export function refusalIn(error: unknown): AppError | undefined {
  const [, json] = /^D1_ERROR: refused (\{.*\}): SQLITE_CONSTRAINT/s.exec(messageOf(error)) ?? []
  if (json === undefined) return undefined
  const { code, detail, extra } = JSON.parse(json) as {
    code: ErrorCode
    detail: string
    extra: ErrorExtra | null
  }
  return new AppError(code, detail, extra ?? {})
}

/**
 * True if D1 refused a write because of this named constraint, of a key that begins with this column, or because this
 * column must not be NULL. Only the start of the message counts: further on it may contain what customers wrote.
 */
export function violates(error: unknown, constraint: string): boolean {
  const [, failed] =
    /^D1_ERROR: (?:CHECK|UNIQUE|NOT NULL) constraint failed: ([\w.]+)/.exec(messageOf(error)) ?? []
  return failed === constraint
}

export function violatesForeignKey(error: unknown): boolean {
  return messageOf(error).startsWith('D1_ERROR: FOREIGN KEY constraint failed')
}

/**
 * Recognizes, by the messages that Cloudflare lists, that D1 is overloaded, restarting or unreachable. It is
 * then unknown whether a write took effect; a retry with an Idempotency-Key is safe. An error about a value has
 * a colon or a quote before such words, and is no outage.
 */
export function outageIn(error: unknown): AppError | undefined {
  const message = messageOf(error)
  const isOutage =
    /^(?:D1_ERROR: )?(?:D1 DB's|Can't)?[^:'"]*(?:overloaded|caused object to be reset|was reset|DB reset because|Network connection lost|transient issue|exceeded timeout|disconnected)/
  return isOutage.test(message) && !message.includes('SQLITE_')
    ? new AppError(
        'temporarily_unavailable',
        'The shop cannot reach its database. Please try again in a moment.',
      )
    : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
