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
import type { Event, Order } from '../orders/openapi.ts'
import type { ChangeStatusBody, ListAllOrdersQuery, PlaceOrderBody } from '../orders/schema.ts'
import { Connection, type Options, type Sent } from './connection.ts'
import { newKey } from './key.ts'
import { Listing, pathOf } from './listing.ts'
import { Problem } from './problem.ts'
import { type Watch, watch } from './watch.ts'

export type { Options, Sent } from './connection.ts'
export { newKey } from './key.ts'
export { Listing, type Page } from './listing.ts'

export { type OrderEvent, OrderStream, type StreamOptions, type StreamState } from './order-stream.ts'
export { Problem, type ProblemCode } from './problem.ts'
export { inMemory, inStorage, type TokenPair, type TokenStore } from './token-store.ts'
export type { Watch } from './watch.ts'
export type {
  AuditLogEntry,
  Cart,
  Category,
  Event,
  IntegrityResult,
  Movement,
  Order,
  Product,
  Profile,
  Session,
}

/** What a request takes, as the shop's own schemas say. */
type Input<Schema extends z.ZodType> = z.input<Schema>
/** Of a list, but for where a page begins: a Listing sees to that. */
type Query<Schema extends z.ZodType> = Omit<Input<Schema>, 'cursor' | 'page'> & Sent
type Parameter = string | number | boolean | undefined
type PageSize = { page_size?: number | string } & Sent

export type Account = Input<typeof RegisterBody>
export type ProductQuery = Omit<Query<typeof ListProductsQuery>, 'in_stock'> & {
  in_stock?: boolean | 'true' | 'false'
}
export type OrderQuery = Query<typeof ListAllOrdersQuery>

interface Keyed extends Sent {
  /** Its Idempotency-Key; made for each call when left out. Give one to repeat a call of another time. */
  key?: string
}

interface Guarded extends Sent {
  /** Refused with `precondition_failed` if it is another by now: `shop.etagOf` of what was read. */
  ifMatch?: string | undefined
}

/**
 * A client of a Kiosk shop, for browsers, Node 22 and Workers. Every call renews the login when its time comes,
 * is tried again where no answer came or the shop was busy, without having its effect twice, and rejects
 * with a `Problem`.
 */
export function kiosk(url: string, options: Options = {}) {
  const shop = new Connection(url, options)

  const get = <Answer>(path: string, sent: Sent = {}) => shop.send<Answer>('GET', path, sent)

  function list<Item>(
    path: string,
    { signal, ...query }: object & Sent = {},
    isPublic = false,
  ): Listing<Item> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries<Parameter | Parameter[]>(query)) {
      for (const each of [value].flat()) if (each !== undefined) search.append(name, String(each))
    }
    return new Listing(`${path}?${search.toString()}`, (page) => shop.send('GET', page, { signal, isPublic }))
  }

  const make = <Answer>(path: string, body: object | undefined, { key = newKey(), signal }: Keyed = {}) =>
    shop.send<Answer>('POST', path, { body, key, signal })

  /** With a key where a second time would count twice. */
  const change = <Answer>(
    method: string,
    path: string,
    body: object,
    { ifMatch, signal, key }: Guarded & Keyed = {},
  ) => shop.send<Answer>(method, path, { body, ifMatch, signal, key })

  const remove = (path: string, sent: Guarded = {}) => shop.send<void>('DELETE', path, sent)

  return {
    /** Who is logged in, as far as is known here. */
    get account() {
      return shop.account
    },
    /** The version of something that was read, for `ifMatch`. */
    etagOf: (answer: object) => shop.etagOf(answer),

    register: (account: Account, { key = newKey(), signal }: Keyed = {}) =>
      shop.send<Profile>('POST', '/api/users/register/', { body: account, key, signal, isPublic: true }),
    logIn: (credentials: Input<typeof LogInBody>, sent?: Sent) =>
      shop.logIn('/api/token/', credentials, sent),
    /** Ends the session everywhere, and forgets its tokens here even if that fails. */
    async logOut(sent: Sent = {}): Promise<void> {
      const pair = shop.store.get()
      if (!pair) return
      try {
        await shop.send('POST', '/api/users/logout/', { ...sent, body: { refresh: pair.refresh } })
      } catch (error) {
        const hasEndedAlready = error instanceof Problem && error.status === 401
        if (!hasEndedAlready) throw error
      } finally {
        shop.forget()
      }
    },
    profile: {
      get: (sent?: Sent) => get<Profile>('/api/users/profile/', sent),
      replace: (profile: Input<typeof ReplaceProfileBody>, sent?: Sent) =>
        change<Profile>('PUT', '/api/users/profile/', profile, sent),
      update: (profile: Input<typeof UpdateProfileBody>, sent?: Sent) =>
        change<Profile>('PATCH', '/api/users/profile/', profile, sent),
    },
    changePassword: (passwords: Input<typeof ChangePasswordBody>, sent: Sent = {}) =>
      shop.send<void>('POST', '/api/users/password/', { ...sent, body: passwords, isOnce: true }),
    sessions: {
      list: (query?: PageSize) => list<Session>('/api/users/sessions/', query),
      end: (id: number, sent?: Sent) => remove(`/api/users/sessions/${id}/`, sent),
    },

    products: {
      list: (query?: ProductQuery) => list<Product>('/api/products/', query, true),
      get: (id: number, sent: Sent = {}) =>
        shop.send<Product>('GET', `/api/products/${id}/`, { ...sent, isPublic: true }),
    },
    categories: { list: (query?: PageSize) => list<Category>('/api/categories/', query, true) },

    cart: {
      get: (sent?: Sent) => get<Cart>('/api/cart/', sent),
      add: (product_id: number, quantity = 1, keyed?: Keyed) =>
        make<Cart>('/api/cart/', { product_id, quantity }, keyed),
      /** 0 removes the line. */
      setQuantity: (item_id: number, quantity: number, sent?: Sent) =>
        change<Cart>('PATCH', `/api/cart/${item_id}/`, { quantity }, sent),
      remove: (item_id: number, sent?: Sent) => remove(`/api/cart/${item_id}/`, sent),
      clear: (sent?: Sent) => remove('/api/cart/', sent),
    },

    orders: {
      place: (order: Input<typeof PlaceOrderBody> = {}, keyed?: Keyed) =>
        make<Order>('/api/orders/create/', order, keyed),
      list: (query?: PageSize) => list<Order>('/api/orders/', query),
      get: (id: number, sent?: Sent) => get<Order>(`/api/orders/${id}/`, sent),
      cancel: (id: number, keyed?: Keyed) =>
        make<{ detail: string; order: Order }>(`/api/orders/${id}/cancel/`, undefined, keyed),
      /** Own orders as they are placed and as their status changes. */
      watch: (watching: Watch = {}) => watch(shop, '/api/orders/events/', watching),
    },

    admin: {
      products: {
        list: (query?: ProductQuery) => list<Product>('/api/admin/products/', query),
        get: (id: number, sent?: Sent) => get<Product>(`/api/admin/products/${id}/`, sent),
        create: (product: Input<typeof ProductBody>, keyed?: Keyed) =>
          make<Product>('/api/admin/products/', product, keyed),
        replace: (id: number, product: Input<typeof ProductBody>, guarded?: Guarded) =>
          change<Product>('PUT', `/api/admin/products/${id}/`, product, guarded),
        update: (id: number, product: Input<typeof UpdateProductBody>, guarded?: Guarded & Keyed) =>
          change<Product>('PATCH', `/api/admin/products/${id}/`, product, {
            key: newKey(),
            ...guarded,
          }),
        delete: (id: number, guarded?: Guarded) => remove(`/api/admin/products/${id}/`, guarded),
        /** Every change of its stock, newest first. */
        movements: (id: number, query?: PageSize) =>
          list<Movement>(`/api/admin/products/${id}/movements/`, query),
      },
      categories: {
        list: (query?: PageSize) => list<Category>('/api/admin/categories/', query),
        get: (id: number, sent?: Sent) => get<Category>(`/api/admin/categories/${id}/`, sent),
        create: (category: Input<typeof CategoryBody>, keyed?: Keyed) =>
          make<Category>('/api/admin/categories/', category, keyed),
        replace: (id: number, category: Input<typeof CategoryBody>, guarded?: Guarded) =>
          change<Category>('PUT', `/api/admin/categories/${id}/`, category, guarded),
        update: (id: number, category: Input<typeof UpdateCategoryBody>, guarded?: Guarded) =>
          change<Category>('PATCH', `/api/admin/categories/${id}/`, category, guarded),
        delete: (id: number, guarded?: Guarded) => remove(`/api/admin/categories/${id}/`, guarded),
      },
      orders: {
        list: (query?: OrderQuery) => list<Order>('/api/admin/orders/', query),
        get: (id: number, sent?: Sent) => get<Order>(`/api/admin/orders/${id}/`, sent),
        move: (id: number, status: Input<typeof ChangeStatusBody>['status'], sent?: Sent) =>
          change<Order>('PATCH', `/api/admin/orders/${id}/`, { status }, sent),
        /** Every change of its status. */
        events: (id: number, query?: PageSize) => list<Event>(`/api/admin/orders/${id}/events/`, query),
        /** Everybody's orders. */
        watch: (watching: Watch = {}) => watch(shop, '/api/admin/orders/events/', watching),
      },
      /** What staff changed, newest first. */
      auditLog: { list: (query?: PageSize) => list<AuditLogEntry>('/api/admin/audit-log/', query) },
      /** Compares stock, totals and statuses with their ledgers, piece by piece, through the whole shop. */
      checkIntegrity: (sent?: Sent) => checkIntegrity(sent),
    },
  }

  async function* checkIntegrity(sent?: Sent): AsyncGenerator<IntegrityResult, void, void> {
    for (let path: string | null = '/api/admin/integrity/'; path !== null;) {
      const result: IntegrityResult = await get<IntegrityResult>(path, sent)
      yield result
      path = result.next && pathOf(result.next)
    }
  }
}

export type Kiosk = ReturnType<typeof kiosk>
