import type Stripe from 'stripe'
import type { Db } from '../db/client.ts'

/** What the code of payments works with, in a request or a job. */
export interface PaymentContext {
  /** Without the guards of `c.var.db`: what Stripe says is true for every caller. */
  db: Db
  stripe: () => Promise<Stripe>
  now: number
  /** Wakes the listeners of this customer's orders, and staff. */
  wake: (user_id: number) => void
  /** Sends back what is owed (return-money.ts), after the answer. */
  returnMoney: () => void
}
