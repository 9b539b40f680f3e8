import { sql } from 'kysely'
import { build } from '../db/build.ts'
import type { Db, Query } from '../db/client.ts'
import { positionOf } from '../events/position.ts'
import { toMoney } from '../money.ts'
import { eventsFor } from '../orders/events.ts'
import { toOrder } from '../orders/order.ts'
import { type OrderRow, selectOrders } from '../orders/queries.ts'
import {
  type Delivery,
  insertDeliveries,
  type NewDelivery,
  readerOf,
  selectDue,
  selectWebhook,
  type WebhookRow,
} from './queries.ts'

/** Events that are read at once. */
const PAGE = 20

/** Messages that are made at once, at least one: they are one parameter, which D1 limits to 2 MB. */
const MOST_CHARACTERS = 300_000

const LOW_STOCK = 'product.low_stock'

/** Movements that are read at once, of which few are of a stock that runs low. */
const MOVEMENTS = 200

interface EventRow {
  id: number
  order_id: number
  type: string | null
  at: number
  refund_cents: number | null
  refund_currency: string | null
}

interface MovementRow {
  id: number
  at: number
  stock_after: number
  /** NULL unless the stock fell to the threshold or below it. */
  product: string | null
}

/** An endpoint, unless it has been deleted, with the next deliveries that may be sent now. */
interface Next {
  webhook: WebhookRow | undefined
  deliveries: Delivery[]
  /** Whether there may be more events to make messages of. */
  more?: boolean
}

/**
 * Records, and reads what is next, in one round trip. If an active endpoint has new events or movements, a second one
 * makes messages of them, with the orders as they are now, and moves its readers past them.
 */
export async function readNext(db: Db, id: number, now: number, records: readonly Query[]): Promise<Next> {
  const { orders: orderReader, stock: stockReader } = readerOf(id)
  const page = eventsFor(orderReader, PAGE)
  const results = await db.batch([
    ...records,
    selectWebhook(id),
    selectDue(id, now),
    sql<EventRow>`
      SELECT page.id, page.order_id, type, page.at, amount_cents AS refund_cents, currency AS refund_currency
      FROM (${page}) AS page LEFT JOIN refunds ON refunds.id = refund_id ORDER BY page.id`,
    selectOrders().where('orders.id', 'in', sql<number>`(SELECT order_id FROM (${page}))`),
    sql<MovementRow>`
      SELECT page.id, page.at, stock_after,
        iif(stock_after <= low_stock AND stock_after - delta > low_stock,
          json_object('id', products.id, 'name', name, 'sku', sku, 'stock', stock_after, 'low_stock', low_stock),
          NULL) AS product
      FROM (SELECT * FROM stock_movements WHERE id > ${positionOf(stockReader)} ORDER BY id LIMIT ${sql.lit(MOVEMENTS)})
        AS page LEFT JOIN products ON products.id = product_id ORDER BY page.id`,
  ])
  const [[webhook], deliveries, events, orders, movements] = results.slice(records.length) as [
    WebhookRow[],
    Delivery[],
    EventRow[],
    OrderRow[],
    MovementRow[],
  ]
  if (!webhook?.active || events.length + movements.length === 0) return { webhook, deliveries }
  const types = JSON.parse(webhook.types) as string[]
  const orderOf = new Map(orders.map((order) => [order.id, order]))
  const messages: NewDelivery[] = []
  let position: number | undefined
  let characters = 0
  for (const event of events) {
    const isChosen = types.includes(`order.${event.type}`)
    const message = isChosen ? orderMessage(orderReader, event, orderOf.get(event.order_id)!) : undefined
    characters += message?.body.length ?? 0
    if (characters > MOST_CHARACTERS && position !== undefined) break
    if (message) messages.push(message)
    position = event.id
  }
  for (const movement of types.includes(LOW_STOCK) ? movements : []) {
    if (movement.product !== null) messages.push(stockMessage(stockReader, movement.product, movement))
  }
  const moved = await db.batch([
    ...(messages.length > 0 ? [insertDeliveries(id, messages, now)] : []),
    ...moveTo(orderReader, position),
    ...moveTo(stockReader, movements.at(-1)?.id),
    selectDue(id, now),
  ])
  const isCut = position !== events.at(-1)?.id
  const more = events.length === PAGE || isCut || movements.length === MOVEMENTS
  return { webhook, deliveries: moved.at(-1) as Delivery[], more }
}

function moveTo(reader: string, position: number | undefined): Query[] {
  if (position === undefined) return []
  const behind = build
    .updateTable('event_readers')
    .where('name', '=', reader)
    .where('position', '<', position)
  return [behind.set({ position })]
}

function orderMessage(
  reader: string,
  { id, type, at, order_id, refund_cents, refund_currency }: EventRow,
  row: OrderRow,
): NewDelivery {
  const order = toOrder(row)
  const refund =
    refund_cents === null ? {} : { refund: { amount: toMoney(refund_cents), currency: refund_currency } }
  return {
    reader,
    position: id,
    type: `order.${type}`,
    order_id,
    body: bodyOf(`order.${type}`, at, { order, ...refund }),
  }
}

function stockMessage(reader: string, product: string, { id, at }: MovementRow): NewDelivery {
  return {
    reader,
    position: id,
    type: LOW_STOCK,
    order_id: null,
    body: bodyOf(LOW_STOCK, at, { product: JSON.parse(product) as object }),
  }
}

/** The body of a message, by Standard Webhooks. */
export function bodyOf(type: string, at: number, data: object): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data })
}
