import { sql } from 'kysely'
import { attachGuestOrders } from '../auth/attach-guest-orders.ts'
import { checkPassword, wrongPassword } from '../auth/passwords.ts'
import type { RevokedSession } from '../auth/revoked-sessions.ts'
import { revokeOtherSessions } from '../auth/sessions.ts'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { refuseWhen } from '../db/refusal.ts'
import { AppError, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'
import { hashOfEmail } from '../http/rate-limit.ts'
import { NO_ADDRESS, withoutPerson } from '../orders/without-person.ts'

const noShippingAddress = {
  ship_address: null,
  ship_country: null,
  ship_postal_code: null,
  ship_city: null,
  ship_line1: null,
  ship_line2: null,
}

/**
 * Deletes an account at its owner's wish: every session ends, and nothing in the database names the person any more.
 * Orders, stock and money stay as they are, of nobody. All or nothing. Takes two round trips, because the password is
 * verified between them; a guest has none. Throws `invalid_request`, `wrong_password`, `account_is_staff` or
 * `order_not_delivered`.
 */
export async function deleteAccount(
  db: Db,
  { user_id, password, now }: { user_id: number; password: string | undefined; now: number },
): Promise<RevokedSession[]> {
  const user = (await db.first(selectAccount(user_id)))!
  const ifChanged = await verify(password, user)
  const { email, email_key } = user
  const isAsVerified = sql`(
    SELECT password_version = ${user.password_version} AND email_key IS ${email_key} FROM users WHERE id = ${user_id})`
  const [, , , , revoked] = await findingOrders(db, user_id, () =>
    db.batch([
      refuseWhen(
        sql`NOT ${isAsVerified}`,
        ifChanged.code,
        ifChanged.message,
        sql`${JSON.stringify(ifChanged.extra)}`,
      ),
      attachGuestOrders(user_id),
      refuseWhen(
        sql`(SELECT is_staff FROM users WHERE id = ${user_id})`,
        'account_is_staff',
        'The account of a member of staff cannot be deleted. Ask the operator of the shop to make it a customer first.',
      ),
      refuseWhen(
        sql`EXISTS (SELECT 1 FROM orders WHERE user_id = ${user_id} AND status IN ('Pending', 'Shipped'))`,
        'order_not_delivered',
        'An order of this account has not been delivered yet. Cancel it or wait for it, then delete the account.',
      ),
      revokeOtherSessions(user_id, 0, now),
      build.updateTable('sessions').set({ user_agent: '' }).where('user_id', '=', user_id),
      build.deleteFrom('known_networks').where('user_id', '=', user_id),
      build.deleteFrom('cart_items').where('user_id', '=', user_id),
      build.deleteFrom('idempotency_keys').where('user_id', '=', user_id),
      build
        .deleteFrom('idempotency_keys')
        .where('user_id', '=', 0)
        // The account may have been registered with a former e-mail.
        .where((eb) =>
          eb.or([eb('resource_id', '=', user_id), eb('route', '=', `register ${hashOfEmail(email)}`)]),
        ),
      ...erasePayments(user_id, email),
      // By event, since mails have no index by order.
      sql<never>`
        DELETE FROM mails WHERE event_id IN (
          SELECT order_events.id FROM orders JOIN order_events ON order_id = orders.id
          WHERE orders.user_id = ${user_id})`,
      ...eraseWebhooks(user_id),
      build
        .updateTable('orders')
        .set({ email: '', guest_email_key: null, ship_name: '', ship_phone: '', ...noShippingAddress })
        .where('user_id', '=', user_id),
      eraseUser(user_id),
    ]),
  )
  return revoked
}

/** An order of a guest that makes the shop refuse is attached all the same: the customer finds it in the history. */
async function findingOrders<T>(db: Db, user_id: number, erase: () => Promise<T>): Promise<T> {
  try {
    return await erase()
  } catch (error) {
    if (error instanceof AppError && error.code === 'order_not_delivered')
      await db.batch([attachGuestOrders(user_id)])
    throw error
  }
}

function selectAccount(user_id: number) {
  return build
    .selectFrom('users')
    .where('id', '=', user_id)
    .select(['email', 'email_key', 'password_hash', 'password_version'])
}

/**
 * Throws unless the password is right or there is none to verify. Returns the error for the case that the account has
 * another password, or another e-mail, by the time of its deletion.
 */
async function verify(
  password: string | undefined,
  { email_key, password_hash }: { email_key: string | null; password_hash: string | null },
): Promise<InvalidRequest> {
  const missing = new InvalidRequest({ password: [fieldError('required')] })
  if (email_key === null) return missing
  if (password === undefined) throw missing
  const { matches } = await checkPassword(password, password_hash ?? undefined)
  if (!matches) throw wrongPassword()
  return wrongPassword()
}

/** Deletes messages that have been delivered or parked. The others are still sent, without the person. */
function eraseWebhooks(user_id: number) {
  const own = sql`order_id IN (SELECT id FROM orders WHERE user_id = ${user_id})`
  return [
    sql<never>`DELETE FROM webhook_deliveries WHERE ${own} AND state IN ('delivered', 'parked')`,
    sql<never>`
      UPDATE webhook_deliveries SET body = ${withoutPerson(sql`body`)} WHERE ${own}`,
    sql<never>`UPDATE webhook_attempts SET answer = '' WHERE delivery_id IN (SELECT id FROM webhook_deliveries WHERE ${own})`,
  ]
}

/** The new version of the password makes log-ins fail that have verified the old one. */
function eraseUser(user_id: number) {
  return build
    .updateTable('users')
    .set({ email: '', email_key: null, name: '', phone: '', ...NO_ADDRESS, password_hash: null })
    .set(({ eb }) => ({ password_version: eb('password_version', '+', 1) }))
    .where('id', '=', user_id)
}

/** What is left at least of an e-mail in a path of 200 characters, after `create-admin --revoke --email `. */
const UNCUT_CHARACTERS = 170

/**
 * Erases texts that may name the customer: the e-mail and URLs in the parameters for Stripe, the reasons of refunds, and
 * the e-mail in entries of `create-admin`. The triggers of the two logs allow it only while `erasures` has a row.
 */
function erasePayments(user_id: number, email: string) {
  // Entries from before ids were stored end with the e-mail alone, which may be cut: a path has 200 characters at most.
  const isOld = sql`
    body IS NULL AND path LIKE 'create-admin%' AND ${email} <> '' AND iif(length(path) < 200,
      substr(lower(path), -1 - length(${email})) = ' ' || lower(${email}),
      instr(lower(path), ' ' || lower(substr(${email}, 1, ${UNCUT_CHARACTERS}))))`
  const own = sql`orders JOIN payments ON payments.order_id = orders.id`
  const refunds = sql`${own} JOIN refunds ON payment_id = payments.id WHERE orders.user_id = ${user_id}`
  return [
    build.insertInto('erasures').values({ user_id }),
    sql<never>`
      UPDATE payments SET parameters = iif(json_valid(parameters),
        json_remove(parameters, '$.customer_email', '$.success_url', '$.cancel_url'), '{}')
      WHERE id IN (SELECT payments.id FROM ${own} WHERE orders.user_id = ${user_id})`,
    sql<never>`
      UPDATE refunds SET reason = NULL
      WHERE actor_id IS NOT NULL AND id IN (SELECT refunds.id FROM ${refunds})`,
    sql<never>`
      UPDATE payment_events SET note = NULL
      WHERE kind = 'refund_requested' AND actor_id IS NOT NULL
        AND order_id IN (SELECT id FROM orders WHERE user_id = ${user_id})`,
    sql<never>`
      UPDATE audit_log SET body = iif(json_valid(body), json_remove(body, '$.reason'), NULL)
      WHERE path GLOB '/api/admin/orders/*/refunds*' AND path IN (
        SELECT '/api/admin/orders/' || orders.id || '/refunds' || slash.value
        FROM json_each('["", "/"]') AS slash, ${refunds})`,
    // Bodies that were cut are not JSON, and SQLite may read any before it compares the method.
    sql<never>`
      UPDATE audit_log SET path = iif(path LIKE '% --revoke%', 'create-admin --revoke', 'create-admin')
      WHERE method = 'COMMAND' AND (iif(json_valid(body), body ->> 'user_id', NULL) = ${user_id} OR ${isOld})`,
    build.deleteFrom('erasures'),
  ]
}
