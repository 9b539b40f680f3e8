import { actorEmail } from '../db/actor.ts'
import { build } from '../db/build.ts'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type * as z from 'zod'
import type { Db, Query } from '../db/client.ts'
import type { OrdersTable } from '../db/schema.ts'
import {
  type Count,
  countUpTo,
  fetchPage,
  countFromCounters,
  merge,
  type PageRequest,
  selectPage,
  scanDirection,
} from '../db/keyset.ts'
import { emailKey } from '../email.ts'
import { AppError } from '../errors.ts'
import type { OrderStatus, PaymentStatus } from './order-status.ts'
import type { ListAllOrdersQuery } from './schema.ts'

export const NO_SUCH_ORDER = 'No such order.'

/**
 * The status of an order's payment. Must be the expression of the indexes `orders_by_payment…`. Money that an order
 * does not need, because it came twice or was another amount, goes back. Meanwhile an order that was refunded in part
 * may be `refunding`; and an order that has ended unpaid is `refunded` if such money went back. Money that the bank took
 * back in a dispute does not have to go back again.
 */
const paymentStatus = sql<PaymentStatus | null>`
  CASE
    WHEN due_by IS NULL THEN NULL
    WHEN paid_at IS NULL AND status <> 'Cancelled' THEN 'due'
    WHEN status = 'Cancelled' AND paid_cents > refunded_cents + lost_cents THEN 'refunding'
    WHEN refunding_cents > 0 AND paid_cents - refunded_cents - refunding_cents < total_cents THEN 'refunding'
    WHEN paid_cents > 0 AND paid_cents = refunded_cents THEN 'refunded'
    WHEN status = 'Cancelled' THEN iif(paid_cents > 0, 'refunded', 'cancelled')
    ELSE 'paid'
  END`

/** The order that the batch has just inserted: ids only increase, and D1 runs one batch at a time. */
export const newestOrder: RawBuilder<number> = sql`(SELECT max(id) FROM orders)`

/** Orders with their lines, as a JSON array; by this index if one is named. */
export function selectOrders(index?: string) {
  return fromOrders(index)
    .select([
      'orders.id as id',
      'orders.user_id as user_id',
      'orders.email',
      'total_cents',
      'currency',
      'status',
      'due_by',
      'refunded_cents',
      'ship_name',
      'ship_phone',
      'ship_address',
      'ship_country',
      'ship_postal_code',
      'ship_city',
      'ship_line1',
      'ship_line2',
      'delivery_name',
      'delivery_cents',
      'delivery_parts',
    ])
    .select(['orders.created_at as created_at', 'orders.updated_at', paymentStatus.as('payment_status')])
    .select(
      sql<string>`(
        SELECT json_group_array(json_object('id', id, 'product', product_name, 'product_id', product_id,
          'quantity', quantity, 'price_cents', price_cents, 'tax_rate', tax_rate, 'tax_cents', tax_cents) ORDER BY id)
        FROM order_lines WHERE order_id = orders.id)`.as('lines'),
    )
}

function fromOrders(index?: string) {
  const orders = index === undefined ? sql`orders` : sql`orders INDEXED BY ${sql.ref(index)}`
  return build.selectFrom(sql<Selectable<OrdersTable>>`orders`.as<'orders'>(orders))
}

export type OrderRow =
  ReturnType<typeof selectOrders> extends { executeTakeFirstOrThrow(): Promise<infer Row> } ? Row : never

export function selectOrder(id: number) {
  return selectOrders().where('orders.id', '=', id)
}

export async function findOrder(db: Db, id: number) {
  return db.first(selectOrder(id))
}

export async function findOrderOf(db: Db, user_id: number, id: number) {
  return db.first(selectOrder(id).where('orders.user_id', '=', user_id))
}

const byCreation = { table: 'orders', column: 'created_at' } as const

/** A customer's own orders, newest first. */
export async function listOrdersOf(db: Db, user_id: number, request: PageRequest) {
  const own = selectOrders().where('orders.user_id', '=', user_id)
  const page = selectPage([own], { ...byCreation, descending: true }, request)
  const count = build
    .selectFrom('users')
    .where('id', '=', user_id)
    .select(['order_count as count', sql.lit(0).as('is_lower_bound')])
  return fetchPage(db, request, page, count)
}

/** The only status of the orders whose payment has this one: only a paid order can be shipped. */
const STATUS_WITH: Partial<Record<PaymentStatus, OrderStatus>> = { due: 'Pending', cancelled: 'Cancelled' }

type Filters = Omit<z.infer<typeof ListAllOrdersQuery>, 'page_size' | 'cursor' | 'page'>

/** The orders of all customers, newest first by default. */
export async function listAllOrders(db: Db, filters: Filters, request: PageRequest) {
  return fetchPage(db, request, selectAllOrders(filters, request), countOrders(filters))
}

export function selectAllOrders(filters: Filters, request: PageRequest) {
  const descending = filters.ordering !== 'created_at'
  const direction = scanDirection(request, descending)
  // A cursor already implies one of the bounds. With both, SQLite might seek by the other, and read all rows between.
  const seeks = request.after !== undefined
  const remaining = {
    ...filters,
    created_after: seeks && direction === 'asc' ? undefined : filters.created_after,
    created_before: seeks && direction === 'desc' ? undefined : filters.created_before,
  }
  const runs = [selectOrders(indexOf(filters)).where(matches(remaining))]
  if (filters.email !== undefined)
    runs.push(selectOrders(guestIndexOf(filters)).where(matchesGuest({ ...remaining, email: filters.email })))
  return selectPage(runs, { ...byCreation, descending }, request)
}

/** True without filters: a maintained counter has the total. */
export function isCountExact({
  status,
  payment,
  user,
  email,
  created_after,
  created_before,
}: Filters): boolean {
  return [status, payment, user, email, created_after, created_before].every((value) => value === undefined)
}

function countOrders(filters: Filters): Query<Count> {
  if (isCountExact(filters)) return countFromCounters('orders')
  const own = fromOrders(indexOf(filters)).where(matches(filters)).select('orders.id')
  const { email } = filters
  if (email === undefined) return countUpTo(own)
  const ofGuests = fromOrders(guestIndexOf(filters))
    .where(matchesGuest({ ...filters, email }))
    .select('orders.id')
  return countUpTo(merge([own, ofGuests]))
}

/** Orders that guests placed with this e-mail; the account's own are found by its id. */
function matchesGuest({ email, ...filters }: Filters & { email: string }) {
  const isOfGuest = sql<boolean>`guest_email_key = ${emailKey(email)}
    AND orders.user_id <> ifnull((${selectUser(undefined, email)}), 0)`
  return sql<boolean>`(${isOfGuest} AND ${matches(filters)})`
}

/**
 * Named, because for a period the planner takes an index without the status, and reads all orders of the period. With
 * filters for a customer and the payment it would read the orders of all customers with that payment status.
 */
function indexOf({ payment, status = STATUS_WITH[payment!], user, email }: Filters): string {
  const hasUser = user !== undefined || email !== undefined
  if (hasUser) return status === undefined ? 'orders_by_user' : 'orders_by_user_and_status'
  if (payment !== undefined)
    return status === undefined ? 'orders_by_payment' : 'orders_by_payment_and_status'
  return status === undefined ? 'orders_by_age' : 'orders_by_status'
}

/** With `user` too, they are among the orders of that customer. */
function guestIndexOf(filters: Filters): string {
  return filters.user === undefined ? 'orders_by_guest' : indexOf(filters)
}

function matches({
  payment,
  status = STATUS_WITH[payment!],
  user,
  email,
  created_after,
  created_before,
}: Filters) {
  const conditions = [
    status !== undefined && sql<boolean>`orders.status = ${status}`,
    payment !== undefined && sql<boolean>`due_by IS NOT NULL AND ${paymentStatus} = ${payment}`,
    (user !== undefined || email !== undefined) &&
      sql<boolean>`orders.user_id = (${selectUser(user, email)})`,
    created_after !== undefined && sql<boolean>`orders.created_at >= ${created_after}`,
    created_before !== undefined && sql<boolean>`orders.created_at < ${created_before}`,
  ].filter((condition) => condition !== false)
  return sql<boolean>`(${sql.join([sql.lit(1), ...conditions], sql` AND `)})`
}

/** The events of an order, newest first. */
export async function listEvents(db: Db, order_id: number, request: PageRequest) {
  const all = build
    .selectFrom('order_events')
    .leftJoin('users', 'users.id', 'actor_id')
    .where('order_id', '=', order_id)
    .select(['order_events.id as id', 'order_id', 'from_status', 'to_status', actorEmail, 'at'])
  const page = selectPage([all], { table: 'order_events', column: 'id', descending: true }, request)
  const count = countUpTo(build.selectFrom('order_events').where('order_id', '=', order_id).select('id'))
  const events = await fetchPage(db, request, page, count)
  if (events.count.count === 0) throw new AppError('not_found', NO_SUCH_ORDER)
  return events
}

/** One subquery for both filters: so it finds nothing if the two name different customers. */
function selectUser(user: number | undefined, email: string | undefined) {
  return build
    .selectFrom('users')
    .$if(user !== undefined, (users) => users.where('id', '=', user!))
    .$if(email !== undefined, (users) => users.where('email_key', '=', emailKey(email!)))
    .select('id')
}
