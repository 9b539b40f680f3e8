import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { isOnSale, linesOnSale } from '../cart/queries.ts'
import { MAX_SHOWN_LINES } from '../cart/schema.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { moneySql } from '../db/money-sql.ts'
import { type Refusal, refuseFirst, violates } from '../db/refusal.ts'
import { type Currency, LEAST_CHARGE_CENTS, MOST_CHARGE_CENTS } from '../currency.ts'
import { emailKey } from '../email.ts'
import { InvalidRequest } from '../errors.ts'
import { selectListening } from '../events/listening.ts'
import { fieldError } from '../field-errors.ts'
import { MAX_CENTS, toMoney } from '../money.ts'
import type { OpenLimits } from '../settings.ts'
import { deliveryOf, type Destination, refuseWithoutAddress, refuseWithoutDelivery } from './destination.ts'
import { newestOrder, type OrderRow, selectOrders } from './queries.ts'
import { splitDelivery, taxDelivery, taxLines } from './tax-order.ts'

const TOO_MANY_LINES = `An order holds at most ${MAX_SHOWN_LINES} different products. Remove some from your cart.`

interface Placement extends Destination {
  /** Of a guest. */
  email?: string | undefined
  /** The total that the customer agreed to, in cents. */
  expected_total?: number | undefined
  currency: Currency
  /** Of products without a rate of their own, in basis points. */
  tax_rate: number | null
  require_address: boolean
  /** When the order is cancelled unless it is paid or its payment page is open; null if the shop takes no payment. */
  due_by: number | null
  limits: OpenLimits
  now: number
}

/**
 * Turns the cart into an order at current prices, all or nothing: order, lines, taxes, stock, its ledger, event, cart.
 * Throws `invalid_request` for a missing address or delivery, for a guest without e-mail or name, or for another e-mail
 * than that of the account; `cart_empty`, `cart_full`, `delivery_unavailable`, `insufficient_stock` with every line
 * that exceeds the stock, `total_too_large`, `total_too_small`, `total_changed` or `too_many_open_orders`. Also returns
 * which order streams have listeners (`listeningAmong`).
 */
export async function placeOrder(db: Db, placement: Placement): Promise<OrderRow & { listening: string }> {
  const { user_id, delivery_option, expected_total, now } = placement
  const hasDelivery = delivery_option !== undefined
  const { cents, name } = deliveryOf(placement, sql`goods.cents`)
  const total = hasDelivery ? sql<number>`(goods.cents + ${cents})` : sql<number>`goods.cents`
  const goods = goodsOf(user_id)
  const results = await requiringContact(placement, () =>
    db.batch([
      refuseFirst(
        [
          [sql<SqlBool>`goods.lines = 0`, 'cart_empty', 'Your cart is empty.'],
          [sql<SqlBool>`goods.lines > ${sql.lit(MAX_SHOWN_LINES)}`, 'cart_full', TOO_MANY_LINES],
          ...(placement.require_address ? refuseWithoutAddress(placement) : []),
          ...refuseWithoutDelivery(placement),
          refuseWhenShort(user_id),
          refuseWhenTotalTooLarge(total),
          ...(expected_total === undefined ? [] : [refuseWhenChanged(total, expected_total)]),
          ...(placement.due_by === null ? [] : refuseUnlessChargeable(total, placement.currency)),
          ...refuseBeyond(placement, total),
        ],
        goods,
      ),
      insertOrder(placement, goods, { total, delivery: { cents, name } }),
      insertLines(placement),
      ...(hasDelivery ? [splitDelivery()] : []),
      taxLines(hasDelivery),
      ...(hasDelivery ? [taxDelivery()] : []),
      recordMovements(user_id, now),
      takeStock(now),
      recordEvent(user_id, now),
      ...(placement.due_by === null ? [] : [recordPaid(now)]),
      emptyCart(user_id),
      selectOrders()
        .where('orders.id', '=', newestOrder)
        .select(selectListening([{ user_id }, 'staff']).as('listening')),
    ]),
  )
  return results.at(-1)![0]!
}

/**
 * Explains why an order lacks what its columns require (`insertOrder`). SQLite names the first of them. Only a guest can
 * lack ship_name or ship_phone: accounts have both.
 */
async function requiringContact<T>({ email }: Placement, place: () => Promise<T>): Promise<T> {
  try {
    return await place()
  } catch (error) {
    const required = [fieldError('required')]
    if (violates(error, 'orders.ship_name') || violates(error, 'orders.ship_phone'))
      throw new InvalidRequest({ ...(email === undefined && { email: required }), ship_to: required })
    if (violates(error, 'orders.email'))
      throw new InvalidRequest({ email: email === undefined ? required : [fieldError('cannot_change')] })
    throw error
  }
}

/** What is in the cart, as one row. */
function goodsOf(user_id: number) {
  return sql`(SELECT count(*) AS lines, sum(quantity) AS units, sum(quantity * price_cents) AS cents,
    max(quantity > stock) AS is_short FROM ${linesOnSale(user_id)}) AS goods`
}

function refuseWhenShort(user_id: number): Refusal {
  return [
    sql<SqlBool>`goods.is_short`,
    'insufficient_stock',
    'There is not enough in stock for every line of your cart.',
    sql`(SELECT json_object('items', json_group_array(json_object('product_id', product_id, 'product', name,
      'requested', quantity, 'available', stock) ORDER BY cart_items.id)) FROM ${linesOnSale(user_id)} AND quantity > stock)`,
  ]
}

function refuseWhenTotalTooLarge(total: RawBuilder<number>): Refusal {
  const detail = `The total of an order can be at most ${toMoney(MAX_CENTS)}.`
  return [sql<SqlBool>`${total} > ${MAX_CENTS}`, 'total_too_large', detail]
}

/** An order that Stripe would never take could never be paid. A total of 0 is paid without it. */
function refuseUnlessChargeable(total: RawBuilder<number>, currency: Currency): Refusal[] {
  const [least, most] = [LEAST_CHARGE_CENTS[currency], MOST_CHARGE_CENTS]
  const between = `An order paid by card can be from ${toMoney(least)} to ${toMoney(most)} ${currency}.`
  return [
    [sql<SqlBool>`${total} > ${most}`, 'total_too_large', between],
    [sql<SqlBool>`${total} BETWEEN 1 AND ${least - 1}`, 'total_too_small', between],
  ]
}

function refuseWhenChanged(total: RawBuilder<number>, expected_total: number): Refusal {
  return [
    sql<SqlBool>`${total} <> ${expected_total}`,
    'total_changed',
    'The total is no longer what you expected.',
    sql`json_object('total_price', ${moneySql(total)})`,
  ]
}

/**
 * Refuses when this order would take the account, or the guests with this e-mail, beyond what one may have open. Tells
 * the caller's own figures alone: the e-mail may be somebody else's.
 */
function refuseBeyond({ limits, user_id, email }: Placement, total: RawBuilder<number>): Refusal[] {
  const { orders, units, cents } = limits
  const own = sql`SELECT open_orders AS orders, open_units AS units, open_cents AS cents FROM users WHERE id = ${user_id}`
  const open =
    email === undefined
      ? sql`(${own}) AS open`
      : sql`(SELECT max(orders) AS orders, max(units) AS units, max(cents) AS cents FROM (${own} UNION ALL
          SELECT count(*), ifnull(sum(units), 0), ifnull(sum(total_cents), 0) FROM orders
          WHERE guest_email_key = ${emailKey(email)} AND status = 'Pending'
            AND EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND email_key IS NULL))) AS open`
  const exceeded = [
    orders !== undefined && sql<SqlBool>`open.orders + 1 > ${orders}`,
    units !== undefined && sql<SqlBool>`open.units + goods.units > ${units}`,
    cents !== undefined && sql<SqlBool>`open.cents + ${total} > ${cents}`,
  ].filter((condition) => condition !== false)
  if (exceeded.length === 0) return []
  const limit = {
    orders: orders ?? null,
    units: units ?? null,
    value: cents === undefined ? null : toMoney(cents),
  }
  return [
    [
      sql<SqlBool>`EXISTS (SELECT 1 FROM ${open} WHERE ${sql.join(exceeded, sql` OR `)})`,
      'too_many_open_orders',
      'With this order you would have more open orders, units or value than an account may have. Orders are open until they are shipped or cancelled.',
      sql`(SELECT json_object('limit', json(${JSON.stringify(limit)}), 'open', json_object('orders', orders,
        'units', open.units, 'value', ${moneySql(sql`open.cents`)})) FROM (${own}) AS open)`,
    ],
  ]
}

const RECIPIENT = ['name', 'phone', 'address', 'country', 'postal_code', 'city', 'line1', 'line2'] as const

/**
 * An order of nothing to pay is paid at once. The e-mail is that of the account, or what a guest gives. It is NULL,
 * which the table refuses, if a guest gives none, or an account gives another one than its own; so are
 * name and phone if neither `ship_to` nor the profile has them.
 */
function insertOrder(
  { user_id, email, ship_to, currency, due_by, now }: Placement,
  goods: RawBuilder<unknown>,
  { total, delivery }: { total: RawBuilder<number>; delivery: ReturnType<typeof deliveryOf> },
) {
  const paid_at = due_by === null ? null : now
  const email_key = email === undefined ? null : emailKey(email)
  return sql<never>`
    INSERT INTO orders (
      user_id, email, guest_email_key, total_cents, units, currency, due_by, paid_at,
      ${sql.raw(RECIPIENT.map((field) => `ship_${field}`).join())}, delivery_name, delivery_cents, created_at, updated_at
    ) SELECT
      id, iif(email_key IS NULL, ${email ?? null}, iif(email_key = ifnull(${email_key}, email_key), email, NULL)),
      iif(email_key IS NULL, ${email_key}, NULL), ${total}, goods.units, ${currency}, ${due_by},
      iif(${total} = 0, ${paid_at}, NULL),
      ${sql.join(RECIPIENT.map((field) => (ship_to ? sql`${ship_to[field]}` : fromProfile(field))))},
      ${delivery.name}, ${delivery.cents}, ${now}, ${now}
    FROM users, ${goods} WHERE id = ${user_id}`
}

/** Name and phone in a guest's profile are empty until the guest sets them. */
function fromProfile(field: (typeof RECIPIENT)[number]): RawBuilder<string | null> {
  return sql`nullif(${sql.ref(field)}, '')`
}

function insertLines({ user_id, tax_rate }: Placement) {
  return sql<never>`
    INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents, tax_rate)
    SELECT ${newestOrder}, product_id, name, quantity, price_cents, ifnull(tax_rate, ${tax_rate}) FROM ${linesOnSale(user_id)} ORDER BY cart_items.id`
}

function recordMovements(user_id: number, now: number) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, actor_id, at)
    SELECT product_id, -quantity, stock - quantity, 'order', order_id, ${user_id}, ${now}
    FROM order_lines JOIN products ON products.id = product_id WHERE order_id = ${newestOrder}`
}

/** The constraint `stock_not_negative` backs up `refuseWhenShort`. */
function takeStock(now: number) {
  return sql<never>`
    UPDATE products SET stock = stock - quantity, stock_version = stock_version + 1, updated_at = ${now}
    FROM order_lines WHERE order_lines.product_id = products.id AND order_id = ${newestOrder}`
}

function recordEvent(user_id: number, now: number) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, to_status, actor_id, at)
    VALUES (${newestOrder}, ${user_id}, 'Pending', ${user_id}, ${now})`
}

/** An order of nothing to pay is paid, too: a system that ships paid orders waits for this event. */
function recordPaid(now: number) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, from_status, to_status, at, payment_change)
    SELECT id, user_id, status, status, ${now}, 'paid' FROM orders WHERE id = ${newestOrder} AND paid_at IS NOT NULL`
}

/** Leaves the lines of products that are no longer on sale: the customer may not have seen yet that they are gone. */
function emptyCart(user_id: number) {
  return build.deleteFrom('cart_items').where('user_id', '=', user_id).where(isOnSale)
}
