import { accountMethods } from './account.ts'
import { adminMethods } from './admin.ts'
import { Connection, type Options } from './connection.ts'
import { shoppingMethods } from './shopping.ts'

export type { OrderQuery } from './admin.ts'
export type * from './api.ts'
export type { OrderEvent as Event, RegisterBody as NewAccount, StockMovement as Movement } from './api.ts'
export type { CallOptions, Options, Wait } from './connection.ts'
export { newKey } from './key.ts'
export { Listing, type Page } from './listing.ts'
export type { OrderEvent, StreamState } from './order-stream.ts'
export { Problem, type ProblemCode } from './problem.ts'
export type { EditOptions, ListOptions, WriteOptions } from './requests.ts'
export type { ProductQuery } from './shopping.ts'
export { inMemory, inStorage, type TokenPair, type TokenStore } from './token-store.ts'
export type { WatchOptions } from './watch.ts'

/**
 * A client of a Kiosk shop, for browsers, Node 22 and Workers. Every call renews the tokens before they expire,
 * retries without taking effect twice if the shop is busy or does not respond, and rejects with a `Problem`.
 */
export function kiosk(url: string, options: Options = {}) {
  const shop = new Connection(url, options)
  return {
    /** The account that is logged in, from the stored tokens; undefined when logged out. */
    get account() {
      return shop.account
    },
    /** The version of a resource that this client has read, for `ifMatch`. */
    etagOf: (resource: object) => shop.etagOf(resource),
    ...accountMethods(shop),
    ...shoppingMethods(shop),
    admin: adminMethods(shop),
  }
}

export type Kiosk = ReturnType<typeof kiosk>
