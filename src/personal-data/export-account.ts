import { sql } from 'kysely'
import { profile as profileColumns } from '../accounts/queries.ts'
import { attachGuestOrders } from '../auth/attach-guest-orders.ts'
import { selectCart } from '../cart/queries.ts'
import { toCart } from '../cart/cart.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { selectPage } from '../db/keyset.ts'
import type { PaymentEventKind } from '../db/schema.ts'
import { toMoney } from '../money.ts'
import { toOrder } from '../orders/order.ts'
import type { OrderStatus } from '../orders/order-status.ts'
import { selectOrders } from '../orders/queries.ts'
import type { AccountExport } from './openapi.ts'

/** Orders per round trip. */
const ORDERS_AT_ONCE = 100

/**
 * Profile, sessions, networks, cart and all orders of an account, as the chunks of one JSON text. The first round trip
 * is made before the response begins, so that an ended session is an error and not a broken download; each further
 * hundred orders take one more when the reader gets there.
 */
export async function exportAccount(
  db: Db,
  user_id: number,
  settings: Parameters<typeof toCart>[1],
  now: number,
): Promise<AsyncGenerator<string>> {
  const [, orders, [profile], sessions, networks, ...cart] = await db.batch([
    attachGuestOrders(user_id),
    selectOrdersOf(user_id),
    build
      .selectFrom('users')
      .where('id', '=', user_id)
      .select([...profileColumns, 'created_at']),
    build
      .selectFrom('sessions')
      .where('user_id', '=', user_id)
      .orderBy('id')
      .select(['id', 'created_at', 'refreshed_at', 'user_agent']),
    build
      .selectFrom('known_networks')
      .where('user_id', '=', user_id)
      .orderBy('last_at')
      .select(['network', 'last_at']),
    ...selectCart(user_id),
  ])
  const head: Omit<AccountExport, 'orders'> = {
    exported_at: toTimestamp(now),
    profile: { ...profile!, created_at: toTimestamp(profile!.created_at) },
    sessions: sessions.map(({ id, created_at, refreshed_at, user_agent }) => ({
      id,
      created_at: toTimestamp(created_at),
      last_used_at: toTimestamp(refreshed_at),
      user_agent,
    })),
    known_networks: networks.map(({ network, last_at }) => ({
      hash: network,
      last_used_at: toTimestamp(last_at),
    })),
    cart: toCart(cart, settings),
  }
  return chunksOf(db, user_id, head, orders)
}

async function* chunksOf(
  db: Db,
  user_id: number,
  head: object,
  first: ExportedRow[],
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"orders":[`
  let separator = ''
  for (let rows = first; ;) {
    const page = rows.slice(0, ORDERS_AT_ONCE)
    for (const row of page) {
      yield separator + JSON.stringify(toExportedOrder(row))
      separator = ','
    }
    const last = page.at(-1)
    if (!last || rows.length <= ORDERS_AT_ONCE) break
    rows = await db.all(selectOrdersOf(user_id, [last.created_at, last.id]))
  }
  yield ']}'
}

/** A page of orders, newest first, and one more if there is more. */
function selectOrdersOf(user_id: number, after?: readonly [number, number]) {
  const own = selectOrders()
    .where('orders.user_id', '=', user_id)
    .select([
      sql<string>`(
        SELECT json_group_array(json_object('from', from_status, 'to', to_status, 'at', at) ORDER BY id)
        FROM order_events WHERE order_id = orders.id)`.as('events'),
      sql<string>`(
        SELECT json_group_array(json_object('kind', kind, 'amount_cents', amount_cents, 'note', note, 'at', at) ORDER BY id)
        FROM payment_events WHERE order_id = orders.id)`.as('payments'),
    ])
  const byAge = { table: 'orders', column: 'created_at', descending: true } as const
  return selectPage([own], byAge, { size: ORDERS_AT_ONCE, offset: 0, after, backward: false })
}

type ExportedRow =
  ReturnType<typeof selectOrdersOf> extends { execute(): Promise<(infer Row)[]> } ? Row : never

interface EventRow {
  from: OrderStatus | null
  to: OrderStatus
  at: number
}

interface LedgerRow {
  kind: PaymentEventKind
  amount_cents: number
  note: string | null
  at: number
}

function toExportedOrder(row: ExportedRow): AccountExport['orders'][number] {
  return {
    ...toOrder(row),
    events: (JSON.parse(row.events) as EventRow[]).map(({ at, ...event }) => ({
      ...event,
      at: toTimestamp(at),
    })),
    payments: (JSON.parse(row.payments) as LedgerRow[]).map(({ kind, amount_cents, note, at }) => ({
      kind,
      amount: toMoney(amount_cents),
      note,
      at: toTimestamp(at),
    })),
  }
}

function toTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
