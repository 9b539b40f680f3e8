import { type AccountMethods, accountMethods } from './account.ts'
import { type AdminMethods, adminMethods } from './admin.ts'
import { type Account, Connection, type Options } from './connection.ts'
import { type ShoppingMethods, shoppingMethods } from './shopping.ts'

export type { AdminProductQuery, ImportOptions, OrderQuery } from './admin.ts'
export type * from './api.ts'
export type { Account, CallOptions, Options, Wait } from './connection.ts'
export { newKey } from './key.ts'
export { Listing, type Page } from './listing.ts'
export type { StreamState } from './order-stream.ts'
export { Problem, type ProblemCode } from './problem.ts'
export type { ProblemExtra, ShortLine } from './problem-extra.ts'
export type { EditOptions, ListOptions, WriteOptions } from './requests.ts'
export type { ProductQuery, SeenChange } from './shopping.ts'
export { inMemory, inStorage, type TokenPair, type TokenStore, type WebStorage } from './token-store.ts'
export type { WatchOptions } from './watch.ts'

/**
 * A client of a Kiosk shop, for browsers, Node 20 and Workers. Every call renews the tokens before they expire, and
 * rejects with a `Problem`, or with the reason of its signal. If the shop is busy or does not respond, it retries what
 * is safe to repeat.
 */
export interface Kiosk extends AccountMethods, ShoppingMethods {
  /** The account that is logged in, from the stored tokens; undefined when logged out. */
  readonly account: Account | undefined
  /** The version of a resource that this client has read, for `ifMatch`. */
  etagOf(resource: object): string | undefined
  admin: AdminMethods
}

/** The client of the shop at this address. */
export function kiosk(url: string, options: Options = {}): Kiosk {
  const shop = new Connection(url, options)
  return {
    get account() {
      return shop.account
    },
    etagOf: (resource) => shop.etagOf(resource),
    ...accountMethods(shop),
    ...shoppingMethods(shop),
    admin: adminMethods(shop),
  }
}
