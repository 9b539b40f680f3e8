import type * as z from 'zod'
import type {
  RegisterBody,
  ReplaceProfileBody,
  UpdateProfileBody,
  ChangePasswordBody,
} from '../accounts/schema.ts'
import type { Profile, Session } from '../accounts/openapi.ts'
import type { AuditLogEntry } from '../audit-log/openapi.ts'
import type { LogInBody } from '../auth/schema.ts'
import type { Cart } from '../cart/openapi.ts'
import type { Category, Movement, Product } from '../catalog/openapi.ts'
import type {
  CategoryBody,
  ListProductsQuery,
  ProductBody,
  UpdateCategoryBody,
  UpdateProductBody,
} from '../catalog/schema.ts'
import type { IntegrityResult } from '../integrity/openapi.ts'
import type { About } from '../meta/openapi.ts'
import type { Event, Order } from '../orders/openapi.ts'
import type { LedgerEntry, PaymentPage, Refund } from '../payments/openapi.ts'
import type { OpenPageBody, RefundBody } from '../payments/schema.ts'
import type { ChangeStatusBody, ListAllOrdersQuery, PlaceOrderBody } from '../orders/schema.ts'
import { type CallOptions, Connection, type Options } from './connection.ts'
import { newKey } from './key.ts'
import { Listing, pathOf } from './listing.ts'
import { Problem } from './problem.ts'
import { watch, type WatchOptions } from './watch.ts'

export type { CallOptions, Options } from './connection.ts'
export { newKey } from './key.ts'
export { Listing, type Page } from './listing.ts'

export type { OrderEvent, StreamState } from './order-stream.ts'
export { Problem, type ProblemCode } from './problem.ts'
export { inMemory, inStorage, type TokenPair, type TokenStore } from './token-store.ts'
export type { WatchOptions } from './watch.ts'
export type {
  About,
  AuditLogEntry,
  Cart,
  Category,
  Event,
  IntegrityResult,
  LedgerEntry,
  Movement,
  Order,
  PaymentPage,
  Product,
  Profile,
  Refund,
  Session,
}

/** The input of a request, from the shop's own schemas. */
type Input<Schema extends z.ZodType> = z.input<Schema>
/** The parameters of a list, except for paging, which a Listing does. */
type Query<Schema extends z.ZodType> = Omit<Input<Schema>, 'cursor' | 'page'> & CallOptions
type Parameter = string | number | boolean | undefined
type PageSize = { page_size?: number | string } & CallOptions

export type NewAccount = Input<typeof RegisterBody>
export type ProductQuery = Omit<Query<typeof ListProductsQuery>, 'in_stock'> & {
  in_stock?: boolean | 'true' | 'false'
}
export type OrderQuery = Query<typeof ListAllOrdersQuery>

export interface WriteOptions extends CallOptions {
  /** The Idempotency-Key; a new one for each call by default. Reuse a key to repeat an earlier call safely. */
  key?: string
}

export interface EditOptions extends CallOptions {
  /** `shop.etagOf` the resource that was read; fails with `precondition_failed` if it has changed since. */
  ifMatch?: string | undefined
}

/**
 * A client of a Kiosk shop, for browsers, Node 22 and Workers. Every call renews the tokens before they expire,
 * retries without taking effect twice if the shop is busy or does not respond, and rejects with a `Problem`.
 */
export function kiosk(url: string, clientOptions: Options = {}) {
  const shop = new Connection(url, clientOptions)

  const get = <Body>(path: string, options: CallOptions = {}) => shop.send<Body>('GET', path, options)

  function list<Item>(
    path: string,
    { signal, ...query }: object & CallOptions = {},
    isPublic = false,
  ): Listing<Item> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries<Parameter | Parameter[]>(query)) {
      for (const each of [value].flat()) if (each !== undefined) search.append(name, String(each))
    }
    return new Listing(`${path}?${search.toString()}`, (page) => shop.send('GET', page, { signal, isPublic }))
  }

  const create = <Body>(
    path: string,
    body: object | undefined,
    { key = newKey(), signal }: WriteOptions = {},
  ) => shop.send<Body>('POST', path, { body, key, signal })

  /** Needs a key only if a repeat would take effect again. */
  const change = <Body>(
    method: string,
    path: string,
    body: object,
    { ifMatch, signal, key }: EditOptions & WriteOptions = {},
  ) => shop.send<Body>(method, path, { body, ifMatch, signal, key })

  const remove = (path: string, options: EditOptions = {}) => shop.send<void>('DELETE', path, options)

  return {
    /** The account that is logged in, from the stored tokens; undefined when logged out. */
    get account() {
      return shop.account
    },
    /** The version of a resource that this client has read, for `ifMatch`. */
    etagOf: (resource: object) => shop.etagOf(resource),

    /** The currency of every price, whether the shop takes payments, and the URLs of its parts. */
    about: (options: CallOptions = {}) => shop.send<About>('GET', '/api/', { ...options, isPublic: true }),

    /** Creates an account. Does not log in. */
    register: (account: NewAccount, { key = newKey(), signal }: WriteOptions = {}) =>
      shop.send<Profile>('POST', '/api/users/register/', { body: account, key, signal, isPublic: true }),
    /** Starts a session and stores its tokens. */
    logIn: (credentials: Input<typeof LogInBody>, options?: CallOptions) =>
      shop.logIn('/api/token/', credentials, options),
    /** Ends the session and forgets its tokens, even if the request fails. */
    async logOut(options: CallOptions = {}): Promise<void> {
      const pair = shop.store.get()
      if (!pair) return
      try {
        await shop.send('POST', '/api/users/logout/', { ...options, body: { refresh: pair.refresh } })
      } catch (error) {
        const hasEndedAlready = error instanceof Problem && error.status === 401
        if (!hasEndedAlready) throw error
      } finally {
        shop.forget()
      }
    },
    profile: {
      get: (options?: CallOptions) => get<Profile>('/api/users/profile/', options),
      replace: (profile: Input<typeof ReplaceProfileBody>, options?: CallOptions) =>
        change<Profile>('PUT', '/api/users/profile/', profile, options),
      update: (profile: Input<typeof UpdateProfileBody>, options?: CallOptions) =>
        change<Profile>('PATCH', '/api/users/profile/', profile, options),
    },
    /** Also ends every other session. Fails with `unreachable` if it is unknown whether the password changed. */
    changePassword: (passwords: Input<typeof ChangePasswordBody>, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/password/', { ...options, body: passwords, isUnrepeatable: true }),
    sessions: {
      /** The active sessions of the account, newest first. */
      list: (query?: PageSize) => list<Session>('/api/users/sessions/', query),
      end: (id: number, options?: CallOptions) => remove(`/api/users/sessions/${id}/`, options),
    },

    products: {
      list: (query?: ProductQuery) => list<Product>('/api/products/', query, true),
      get: (id: number, options: CallOptions = {}) =>
        shop.send<Product>('GET', `/api/products/${id}/`, { ...options, isPublic: true }),
    },
    categories: { list: (query?: PageSize) => list<Category>('/api/categories/', query, true) },

    cart: {
      get: (options?: CallOptions) => get<Cart>('/api/cart/', options),
      /** Adds to the quantity if the product is already in the cart. */
      add: (product_id: number, quantity = 1, options?: WriteOptions) =>
        create<Cart>('/api/cart/', { product_id, quantity }, options),
      /** Sets the quantity of a line; 0 removes the line. */
      setQuantity: (item_id: number, quantity: number, options?: CallOptions) =>
        change<Cart>('PATCH', `/api/cart/${item_id}/`, { quantity }, options),
      remove: (item_id: number, options?: CallOptions) => remove(`/api/cart/${item_id}/`, options),
      clear: (options?: CallOptions) => remove('/api/cart/', options),
    },

    orders: {
      /** Turns the cart into an order. With `expected_total`, fails with `total_changed` if the total differs. */
      place: (order: Input<typeof PlaceOrderBody> = {}, options?: WriteOptions) =>
        create<Order>('/api/orders/create/', order, options),
      /** The customer's own orders, newest first. */
      list: (query?: PageSize) => list<Order>('/api/orders/', query),
      get: (id: number, options?: CallOptions) => get<Order>(`/api/orders/${id}/`, options),
      /** Cancels a pending order; fails with `order_not_cancellable` otherwise. */
      cancel: (id: number, options?: WriteOptions) =>
        create<{ detail: string; order: Order }>(`/api/orders/${id}/cancel/`, undefined, options),
      /**
       * Opens the page to pay an order, or returns the one that is open; send the customer to its `url`. Fails with
       * `order_paid` if it turns out to be paid. Whether it is paid shows in `order.payment`, and in `watch`.
       */
      pay: (id: number, urls: Input<typeof OpenPageBody> = {}, options: CallOptions = {}) =>
        shop.send<PaymentPage>('POST', `/api/orders/${id}/payment/`, { ...options, body: urls }),
      /** Streams the events of the customer's own orders: placed, and each change of status or payment. */
      watch: (options: WatchOptions = {}) => watch(shop, '/api/orders/events/', options),
    },

    admin: {
      products: {
        list: (query?: ProductQuery) => list<Product>('/api/admin/products/', query),
        get: (id: number, options?: CallOptions) => get<Product>(`/api/admin/products/${id}/`, options),
        create: (product: Input<typeof ProductBody>, options?: WriteOptions) =>
          create<Product>('/api/admin/products/', product, options),
        replace: (id: number, product: Input<typeof ProductBody>, options?: EditOptions) =>
          change<Product>('PUT', `/api/admin/products/${id}/`, product, options),
        update: (
          id: number,
          product: Input<typeof UpdateProductBody>,
          options?: EditOptions & WriteOptions,
        ) =>
          change<Product>('PATCH', `/api/admin/products/${id}/`, product, {
            key: newKey(),
            ...options,
          }),
        delete: (id: number, options?: EditOptions) => remove(`/api/admin/products/${id}/`, options),
        /** The stock movements of a product, newest first. */
        movements: (id: number, query?: PageSize) =>
          list<Movement>(`/api/admin/products/${id}/movements/`, query),
      },
      categories: {
        list: (query?: PageSize) => list<Category>('/api/admin/categories/', query),
        get: (id: number, options?: CallOptions) => get<Category>(`/api/admin/categories/${id}/`, options),
        create: (category: Input<typeof CategoryBody>, options?: WriteOptions) =>
          create<Category>('/api/admin/categories/', category, options),
        replace: (id: number, category: Input<typeof CategoryBody>, options?: EditOptions) =>
          change<Category>('PUT', `/api/admin/categories/${id}/`, category, options),
        update: (id: number, category: Input<typeof UpdateCategoryBody>, options?: EditOptions) =>
          change<Category>('PATCH', `/api/admin/categories/${id}/`, category, options),
        delete: (id: number, options?: EditOptions) => remove(`/api/admin/categories/${id}/`, options),
      },
      orders: {
        list: (query?: OrderQuery) => list<Order>('/api/admin/orders/', query),
        get: (id: number, options?: CallOptions) => get<Order>(`/api/admin/orders/${id}/`, options),
        move: (id: number, status: Input<typeof ChangeStatusBody>['status'], options?: CallOptions) =>
          change<Order>('PATCH', `/api/admin/orders/${id}/`, { status }, options),
        /** Refunds all that is left, or `amount`, and restocks what came back. */
        refund: (id: number, refund: Input<typeof RefundBody> = {}, options?: WriteOptions) =>
          create<Refund>(`/api/admin/orders/${id}/refunds/`, refund, options),
        /** The ledger of an order's money, newest first. */
        payments: (id: number, query?: PageSize) =>
          list<LedgerEntry>(`/api/admin/orders/${id}/payments/`, query),
        /** The events of an order, newest first. */
        events: (id: number, query?: PageSize) => list<Event>(`/api/admin/orders/${id}/events/`, query),
        /** Streams the events of all orders. */
        watch: (options: WatchOptions = {}) => watch(shop, '/api/admin/orders/events/', options),
      },
      /** The changes that staff have made, newest first. */
      auditLog: { list: (query?: PageSize) => list<AuditLogEntry>('/api/admin/audit-log/', query) },
      /** Runs every integrity check over the whole shop; yields one result per request. */
      checkIntegrity: (options?: CallOptions) => checkIntegrity(options),
    },
  }

  async function* checkIntegrity(options?: CallOptions): AsyncGenerator<IntegrityResult, void, void> {
    for (let path: string | null = '/api/admin/integrity/'; path !== null;) {
      const result: IntegrityResult = await get<IntegrityResult>(path, options)
      yield result
      path = result.next && pathOf(result.next)
    }
  }
}

export type Kiosk = ReturnType<typeof kiosk>
