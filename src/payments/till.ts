import type Stripe from 'stripe'
import type { Db } from '../db/client.ts'

/** What every act of payments works with. */
export interface Till {
  /** Without the guards of a request: what Stripe says is true for every caller. */
  db: Db
  stripe: () => Promise<Stripe>
  now: number
  /** Wakes the listeners of this customer's orders, and staff. */
  wake: (user_id: number) => void
  /** Sends back what is owed (return-money.ts), after the answer. */
  returnMoney: () => void
}
