import { build } from '../db/build.ts'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../db/client.ts'
import { refuseWhen, violates } from '../db/refusal.ts'
import { type Currency, LEAST_CHARGE_CENTS, MOST_CHARGE_CENTS } from '../currency.ts'
import { emailKey } from '../email.ts'
import { InvalidRequest } from '../errors.ts'
import { selectListening } from '../events/listening.ts'
import { fieldError } from '../field-errors.ts'
import { MAX_CENTS, toMoney } from '../money.ts'
import type { OpenLimits } from '../settings.ts'
import { deliveryOf, type Destination, refuseWithoutAddress, refuseWithoutDelivery } from './delivery.ts'
import { newestOrder, type OrderRow, selectOrders } from './queries.ts'
import { splitDelivery, taxDelivery, taxLines } from './tax-order.ts'

interface Placement extends Destination {
  /** Of a guest. */
  email?: string | undefined
  /** The total that the customer agreed to, in cents. */
  expected_total?: number | undefined
  currency: Currency
  /** Of products without a rate of their own, in basis points. */
  tax_rate: number | null
  require_address: boolean
  /** When the order is cancelled unless it is paid or its page is open; null if the shop takes no payment. */
  due_by: number | null
  limits: OpenLimits
  now: number
}

/**
 * Turns the cart into an order at current prices, all or nothing: order, lines, taxes, stock, its ledger, event, cart.
 * Throws `invalid_request` for a missing address or delivery, or when a guest says neither who they are nor where to
 * ship; `cart_empty`, `delivery_unavailable`, `insufficient_stock` with every line that exceeds the stock,
 * `total_too_large`, `total_too_small`, `total_changed` or `too_many_open_orders`. Also returns which order streams have
 * listeners (`listeningAmong`).
 */
export async function placeOrder(db: Db, placement: Placement): Promise<OrderRow & { listening: string }> {
  const { user_id, delivery_option, expected_total, now } = placement
  const hasDelivery = delivery_option !== undefined
  const total = totalOf(placement)
  const results = await requiringContact(placement, () =>
    db.batch([
      refuseWhenEmpty(user_id),
      ...(placement.require_address ? refuseWithoutAddress(placement) : []),
      ...refuseWithoutDelivery(placement),
      refuseWhenShort(user_id),
      refuseWhenTotalTooLarge(total),
      ...(expected_total === undefined ? [] : [refuseWhenChanged(total, expected_total)]),
      ...(placement.due_by === null ? [] : refuseUnlessChargeable(total, placement.currency)),
      ...refuseBeyond(placement, total),
      insertOrder(placement, total),
      insertLines(placement),
      ...(hasDelivery ? [splitDelivery()] : []),
      taxLines(hasDelivery),
      ...(hasDelivery ? [taxDelivery()] : []),
      recordMovements(user_id, now),
      takeStock(user_id, now),
      recordEvent(user_id, now),
      emptyCart(user_id),
      selectOrders()
        .where('orders.id', '=', newestOrder)
        .select(selectListening([{ user_id }, 'staff']).as('listening')),
    ]),
  )
  return results.at(-1)![0]!
}

/**
 * Explains why an order lacks what its columns require (`insertOrder`). SQLite names the first of them, ship_name, which
 * only a guest can lack: accounts have a name.
 */
async function requiringContact<T>({ email }: Placement, place: () => Promise<T>): Promise<T> {
  try {
    return await place()
  } catch (error) {
    const required = [fieldError('required')]
    if (violates(error, 'orders.ship_name'))
      throw new InvalidRequest({ ...(email === undefined && { email: required }), ship_to: required })
    if (violates(error, 'orders.email'))
      throw new InvalidRequest({ email: email === undefined ? required : [fieldError('cannot_change')] })
    throw error
  }
}

function cart(user_id: number) {
  return sql`cart_items JOIN products ON products.id = product_id WHERE user_id = ${user_id} AND published`
}

function goodsOf(user_id: number): RawBuilder<number> {
  return sql`(SELECT sum(quantity * price_cents) FROM ${cart(user_id)})`
}

function totalOf(placement: Placement): RawBuilder<number> {
  const goods = goodsOf(placement.user_id)
  return placement.delivery_option === undefined
    ? goods
    : sql`(${goods} + ${deliveryOf(placement, goods).cents})`
}

function refuseWhenEmpty(user_id: number) {
  return refuseWhen(sql`NOT EXISTS (SELECT 1 FROM ${cart(user_id)})`, 'cart_empty', 'Your cart is empty.')
}

function refuseWhenShort(user_id: number) {
  const short = sql`${cart(user_id)} AND quantity > stock`
  return refuseWhen(
    sql`EXISTS (SELECT 1 FROM ${short})`,
    'insufficient_stock',
    'There is not enough in stock for every line of your cart.',
    sql`(SELECT json_object('items', json_group_array(json_object('product_id', product_id, 'product', name,
      'requested', quantity, 'available', stock) ORDER BY cart_items.id)) FROM ${short})`,
  )
}

function refuseWhenTotalTooLarge(total: RawBuilder<number>) {
  const detail = `The total of an order can be at most ${toMoney(MAX_CENTS)}.`
  return refuseWhen(sql`${total} > ${MAX_CENTS}`, 'total_too_large', detail)
}

/** An order that Stripe would never take could never be paid. A total of 0 is paid without it. */
function refuseUnlessChargeable(total: RawBuilder<number>, currency: Currency) {
  const [least, most] = [LEAST_CHARGE_CENTS[currency], MOST_CHARGE_CENTS]
  const between = `An order paid by card can be from ${toMoney(least)} to ${toMoney(most)} ${currency}.`
  return [
    refuseWhen(sql`${total} > ${most}`, 'total_too_large', between),
    refuseWhen(sql`${total} BETWEEN 1 AND ${least - 1}`, 'total_too_small', between),
  ]
}

function refuseWhenChanged(total: RawBuilder<number>, expected_total: number) {
  return refuseWhen(
    sql`${total} <> ${expected_total}`,
    'total_changed',
    'The total is no longer what you expected.',
    sql`(SELECT json_object('total_price', printf('%d.%02d', cents / 100, cents % 100)) FROM (SELECT ${total} AS cents))`,
  )
}

/** Refuses when this order would take the account, or the guests with this e-mail, beyond what one may have open. */
function refuseBeyond({ limits, user_id, email }: Placement, total: RawBuilder<number>) {
  const { orders, units, cents } = limits
  const own = sql`SELECT open_orders AS orders, open_units AS units, open_cents AS cents FROM users WHERE id = ${user_id}`
  const open =
    email === undefined
      ? sql`(${own})`
      : sql`(SELECT max(orders) AS orders, max(units) AS units, max(cents) AS cents FROM (${own} UNION ALL
          SELECT count(*), ifnull(sum(units), 0), ifnull(sum(total_cents), 0) FROM orders
          WHERE guest_email_key = ${emailKey(email)} AND status = 'Pending'
            AND EXISTS (SELECT 1 FROM users WHERE id = ${user_id} AND email_key IS NULL)))`
  const exceeded = [
    orders !== undefined && sql<SqlBool>`orders + 1 > ${orders}`,
    units !== undefined && sql<SqlBool>`units + ${unitsOf(user_id)} > ${units}`,
    cents !== undefined && sql<SqlBool>`cents + ${total} > ${cents}`,
  ].filter((condition) => condition !== false)
  if (exceeded.length === 0) return []
  const limit = {
    orders: orders ?? null,
    units: units ?? null,
    value: cents === undefined ? null : toMoney(cents),
  }
  return [
    refuseWhen(
      sql`EXISTS (SELECT 1 FROM ${open} WHERE ${sql.join(exceeded, sql` OR `)})`,
      'too_many_open_orders',
      'With this order you would have more open orders, units or value than an account may have. Orders are open until they are shipped or cancelled.',
      sql`(SELECT json_object('limit', json(${JSON.stringify(limit)}), 'open', json_object('orders', orders,
        'units', units, 'value', printf('%d.%02d', cents / 100, cents % 100))) FROM ${open})`,
    ),
  ]
}

function unitsOf(user_id: number): RawBuilder<number> {
  return sql`(SELECT ifnull(sum(quantity), 0) FROM ${cart(user_id)})`
}

const RECIPIENT = ['name', 'phone', 'address', 'country', 'postal_code', 'city', 'line1', 'line2'] as const

/**
 * An order of nothing to pay is paid at once. The e-mail is that of the account, or what a guest gives; NULL, which the
 * table refuses, where a guest gives none or an account another one. So is the name of a guest without a recipient.
 */
function insertOrder(placement: Placement, total: RawBuilder<number>) {
  const { user_id, email, ship_to, currency, due_by, now } = placement
  const delivery = deliveryOf(placement, goodsOf(user_id))
  const paid_at = due_by === null ? null : now
  const email_key = email === undefined ? null : emailKey(email)
  return build
    .insertInto('orders')
    .columns([
      'user_id',
      'email',
      'guest_email_key',
      'total_cents',
      'units',
      'currency',
      'due_by',
      'paid_at',
      ...RECIPIENT.map((field) => `ship_${field}` as const),
      'delivery_name',
      'delivery_cents',
      'created_at',
      'updated_at',
    ])
    .expression(
      build
        .selectFrom('users')
        .where('id', '=', user_id)
        .select([
          'id',
          sql<string>`iif(email_key IS NULL, ${email ?? null}, iif(email_key = ifnull(${email_key}, email_key), email, NULL))`.as(
            'email',
          ),
          sql<string | null>`iif(email_key IS NULL, ${email_key}, NULL)`.as('guest_email_key'),
        ])
        .select([total.as('total_cents'), unitsOf(user_id).as('units')])
        .select([
          sql.val(currency).as('currency'),
          sql.val(due_by).as('due_by'),
          sql<number | null>`iif(${total} = 0, ${paid_at}, NULL)`.as('paid_at'),
        ])
        .select(
          RECIPIENT.map((field) =>
            (ship_to ? sql<string | null>`${ship_to[field]}` : fromProfile(field)).as(`ship_${field}`),
          ),
        )
        .select([delivery.name.as('delivery_name'), delivery.cents.as('delivery_cents')])
        .select([sql.val(now).as('created_at'), sql.val(now).as('updated_at')]),
    )
}

/** A guest's profile has an empty name. */
function fromProfile(field: (typeof RECIPIENT)[number]): RawBuilder<string | null> {
  return field === 'name' ? sql`nullif(name, '')` : sql`${sql.ref(field)}`
}

function insertLines({ user_id, tax_rate }: Placement) {
  return sql<never>`
    INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents, tax_rate)
    SELECT ${newestOrder}, product_id, name, quantity, price_cents, ifnull(tax_rate, ${tax_rate}) FROM ${cart(user_id)} ORDER BY cart_items.id`
}

function recordMovements(user_id: number, now: number) {
  return sql<never>`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, order_id, actor_id, at)
    SELECT product_id, -quantity, stock - quantity, 'order', ${newestOrder}, ${user_id}, ${now} FROM ${cart(user_id)}`
}

/** The constraint `stock_not_negative` backs up `refuseWhenShort`. */
function takeStock(user_id: number, now: number) {
  return sql<never>`
    UPDATE products SET stock = stock - quantity, stock_version = stock_version + 1, updated_at = ${now}
    FROM cart_items WHERE cart_items.product_id = products.id AND user_id = ${user_id} AND published`
}

function recordEvent(user_id: number, now: number) {
  return sql<never>`
    INSERT INTO order_events (order_id, user_id, to_status, actor_id, at)
    VALUES (${newestOrder}, ${user_id}, 'Pending', ${user_id}, ${now})`
}

/** Leaves the lines of products that are no longer on sale: the customer may not have seen yet that they are gone. */
function emptyCart(user_id: number) {
  return build
    .deleteFrom('cart_items')
    .where('user_id', '=', user_id)
    .where(sql<SqlBool>`EXISTS (SELECT 1 FROM products WHERE products.id = product_id AND published)`)
}
