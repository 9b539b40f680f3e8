import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'

/** The account that a request acts for, from the claims of its access token. */
export interface Caller {
  user_id: number
  /** The session that the token belongs to. */
  sid: number
  is_staff: boolean
}

export interface PaymentsOfOrders {
  /**
   * Closes the page on which the order could still be paid, if there is one, and records what Stripe says of it. Throws
   * `payment_unavailable`.
   */
  closeCheckout(order_id: number): Promise<void>
  /** Sends back, after the answer, what is owed to customers. */
  returnMoney(): void
}

/** The context variables that middleware sets for handlers. */
export interface Variables {
  requestId: string
  /** When the request arrived, in milliseconds since 1970. */
  now: number
  /** After `requireCustomer` or `requireStaff` it checks the session in every batch. */
  db: Db
  /** The claims of a valid access token in the Authorization header, on public routes too; otherwise undefined. */
  bearer: (Caller & { exp: number }) | undefined
  caller: Caller
  /** What the routes of orders call of payments, which they must not import; undefined in a shop that takes none. */
  payments: PaymentsOfOrders | undefined
}

export interface AppEnv {
  Bindings: Bindings
  Variables: Variables
}
