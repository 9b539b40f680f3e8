import { sql } from 'kysely'
import type * as z from 'zod'
import type { Db } from '../db/client.ts'
import { toCents, toMoney } from '../money.ts'
import { type OrderRow, selectOrders } from '../orders/queries.ts'
import { toOrder } from '../orders/order.ts'
import { csvLine } from './csv.ts'
import type { ExportOrdersQuery } from './schema.ts'

/** Orders on a page, which is what is in memory at a time. */
const PAGE_SIZE = 200

/** The columns, each with what it says of an order. */
const COLUMNS: Record<string, (order: ReturnType<typeof toOrder>, row: Row) => string | number | null> = {
  order: ({ id }) => id,
  date: ({ created_at }) => created_at,
  status: ({ status }) => status,
  email: ({ user }) => user,
  name: ({ ship_to }) => ship_to.name,
  country: ({ ship_to }) => ship_to.country,
  items: ({ items }) =>
    items.map(({ quantity, product, price }) => `${quantity} × ${product} (${price})`).join('; '),
  goods: ({ items }) => toMoney(sumOf(items.map(({ quantity, price }) => quantity * toCents(price)!))),
  delivery: ({ delivery }) => delivery?.name ?? null,
  delivery_price: ({ delivery }) => delivery?.price ?? null,
  total: ({ total_price }) => total_price,
  currency: ({ currency }) => currency,
  net: ({ taxes }) => (taxes.length === 0 ? null : toMoney(sumOf(taxes.map(({ net }) => toCents(net)!)))),
  tax: ({ taxes }) => (taxes.length === 0 ? null : toMoney(sumOf(taxes.map(({ tax }) => toCents(tax)!)))),
  taxes: ({ taxes }) => taxes.map(({ rate, net, tax }) => `${rate} %: ${net} + ${tax}`).join('; '),
  payment: ({ payment }) => payment?.status ?? null,
  paid: ({ payment }, { paid_cents }) => payment && toMoney(paid_cents),
  paid_at: (_, { paid_at }) => (paid_at === null ? null : new Date(paid_at).toISOString()),
  refunded: ({ payment }) => payment?.refunded ?? null,
}

type Row = OrderRow & { paid_at: number | null; paid_cents: number }

/** The orders of a period, oldest first, as comma-separated lines: one for each order. */
export async function* exportOrders(
  db: Db,
  { created_after = 0, created_before = Number.MAX_SAFE_INTEGER }: z.infer<typeof ExportOrdersQuery>,
): AsyncGenerator<string, void, void> {
  let head = csvLine(Object.keys(COLUMNS))
  let after = { created_at: created_after, id: 0 }
  for (;;) {
    const rows = await db.all(selectAfter(after, created_before))
    yield head + rows.map(toLine).join('')
    if (rows.length < PAGE_SIZE) return
    const { created_at, id } = rows.at(-1)!
    after = { created_at, id }
    head = ''
  }
}

function selectAfter(after: { created_at: number; id: number }, created_before: number) {
  return selectOrders('orders_by_age')
    .select(['paid_at', 'paid_cents'])
    .where(sql<boolean>`(orders.created_at, orders.id) > (${after.created_at}, ${after.id})`)
    .where('orders.created_at', '<', created_before)
    .orderBy('orders.created_at')
    .orderBy('orders.id')
    .limit(PAGE_SIZE)
}

function toLine(row: Row): string {
  const order = toOrder(row)
  return csvLine(Object.values(COLUMNS).map((cell) => cell(order, row)))
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0)
}
