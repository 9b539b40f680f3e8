import { sql } from 'kysely'

/**
 * Moves the orders that guests placed with this account's e-mail to the account, if it has confirmed the address: else
 * somebody could read the orders of others by registering with their e-mail. It runs when the address is confirmed, and
 * for later orders when the owner logs in, changes the address, exports their data or deletes the account. Orders of a
 * guest who has registered stay theirs, whatever e-mail they gave. The log of an order keeps the guest's entries.
 */
export function attachGuestOrders(user_id: number, which = sql``) {
  return sql<never>`
    UPDATE orders SET user_id = ${user_id}, guest_email_key = NULL
    WHERE id IN (
      SELECT id FROM orders
      WHERE guest_email_key = (SELECT email_key FROM users WHERE id = ${user_id} AND email_confirmed_at IS NOT NULL)
        AND EXISTS (SELECT 1 FROM users WHERE users.id = orders.user_id AND email_key IS NULL) ${which})`
}

/**
 * The same for a log-in: a hundred at most, and none that is pending. A stranger who orders with this e-mail uses up
 * nothing of what the account may have open.
 */
export function attachSettledGuestOrders(user_id: number) {
  return attachGuestOrders(user_id, sql`AND status <> 'Pending' LIMIT 100`)
}
