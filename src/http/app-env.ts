import type { Db } from '../db/client.ts'
import type { Bindings } from '../env.ts'

/** The account that a request acts for, from the claims of its access token. */
export interface Customer {
  user_id: number
  /** The session that the token belongs to. */
  sid: number
  is_staff: boolean
}

/** The context variables that middleware sets for handlers. */
export interface Variables {
  requestId: string
  /** When the request arrived, in milliseconds since 1970. */
  now: number
  /** After `requireCustomer` or `requireStaff` it checks the session in every batch. */
  db: Db
  /** The claims of a valid access token in the Authorization header, on public routes too; otherwise undefined. */
  bearer: (Customer & { exp: number }) | undefined
  customer: Customer
}

export interface AppEnv {
  Bindings: Bindings
  Variables: Variables
}
