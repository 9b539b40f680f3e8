import { type RawBuilder, sql } from 'kysely'

export const NO_ADDRESS = {
  address: null,
  country: null,
  postal_code: null,
  city: null,
  line1: null,
  line2: null,
}

const NO_RECIPIENT = JSON.stringify({ name: '', phone: '', ...NO_ADDRESS })

/** SQL for the body of a webhook's message about an order, without its customer. */
export function withoutPerson(body: RawBuilder<unknown>): RawBuilder<string> {
  return sql`json_set(${body}, '$.data.order.user', '', '$.data.order.ship_to', json(${NO_RECIPIENT}))`
}
