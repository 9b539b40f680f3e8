import { sql } from 'kysely'
import { actorEmail } from '../db/actor.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { type Count, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { PaymentEventKind } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { toMoney } from '../money.ts'
import { NO_SUCH_ORDER } from '../orders/queries.ts'
import type { LedgerEntry, Refund } from './openapi.ts'
import type { RefundRow } from './request-refund.ts'

/** What became of the money of an order, newest first. Throws `not_found`. */
export async function listLedger(db: Db, order_id: number, request: PageRequest) {
  const all = build
    .selectFrom('payment_events')
    .leftJoin('users', 'users.id', 'actor_id')
    .where('order_id', '=', order_id)
    .select([
      'payment_events.id as id',
      'order_id',
      'kind',
      'amount_cents',
      'currency',
      'stripe_id',
      'note',
      actorEmail,
      'at',
    ])
  const page = selectPage([all], { table: 'payment_events', column: 'id', descending: true }, request)
  const count = sql<Count & { has_order: number }>`
    SELECT (SELECT count(*) FROM payment_events WHERE order_id = ${order_id}) AS count, 0 AS is_lower_bound,
      EXISTS (SELECT 1 FROM orders WHERE id = ${order_id}) AS has_order`
  const entries = await fetchPage(db, request, page, count)
  if ((entries.count as { has_order?: number }).has_order === 0 && entries.count.count === 0)
    throw new AppError('not_found', NO_SUCH_ORDER)
  return entries
}

interface EntryRow {
  id: number
  order_id: number
  kind: PaymentEventKind
  amount_cents: number
  currency: string
  stripe_id: string | null
  note: string | null
  email: string | null
  at: number
}

export function toEntry({ amount_cents, email, at, ...entry }: EntryRow): LedgerEntry {
  return { ...entry, amount: toMoney(amount_cents), actor: email, at: new Date(at).toISOString() }
}

export function toRefund({ amount_cents, state, created_at, ...refund }: RefundRow): Refund {
  return {
    ...refund,
    amount: toMoney(amount_cents),
    currency: refund.currency as Refund['currency'],
    status: state,
    created_at: new Date(created_at).toISOString(),
  }
}
