import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'

/** The account that a request acts for, as its access token says. */
export interface Customer {
  user_id: number
  /** The session that the token belongs to. */
  sid: number
  is_staff: boolean
}

/** What middleware gives to handlers. */
export interface Variables {
  requestId: string
  /** The moment the request came in: milliseconds since 1970. */
  now: number
  /** The way to the database. Behind `requireCustomer` and `requireStaff` it checks the session. */
  db: Db
  customer: Customer
}

export interface AppEnv {
  Bindings: Bindings
  Variables: Variables
}
