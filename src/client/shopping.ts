import type {
  Cart,
  Category,
  ConfirmCartChangesBody,
  DeliveryOption,
  ListDeliveryOptionsQuery,
  ListProductsQuery,
  OpenPaymentPageBody,
  Order,
  PaymentPage,
  PlaceOrderBody,
  Product,
} from './api.ts'
import type { CallOptions, Connection } from './connection.ts'
import { type ListOptions, requestsOf, type WriteOptions } from './requests.ts'
import { watch, type WatchOptions } from './watch.ts'

export interface ProductQuery extends Omit<ListProductsQuery, 'in_stock'>, ListOptions {
  in_stock?: boolean | 'true' | 'false' | undefined
}

/** A change of a cart, as the cart lists it or without its names. */
export type SeenChange = ConfirmCartChangesBody['changes'][number]

/** Catalog, cart and orders. */
export function shoppingMethods(shop: Connection) {
  const { get, list, create, change, remove } = requestsOf(shop)
  return {
    products: {
      /** The products that match every filter; up to a minute old, stock included. */
      list: (query?: ProductQuery) => list<Product>('/api/products/', query, { isPublic: true }),
      /** One product; up to a minute old, stock included. */
      get: (id: number, options: CallOptions = {}) =>
        shop.send<Product>('GET', `/api/products/${id}/`, { ...options, isPublic: true }),
    },
    categories: {
      /** The categories by name, each with its number of products. */
      list: (query?: ListOptions) => list<Category>('/api/categories/', query, { isPublic: true }),
    },

    deliveryOptions: {
      /** The active delivery options by price; with `country`, only those that serve it. Up to a minute old. */
      list: (query?: ListDeliveryOptionsQuery & ListOptions) =>
        list<DeliveryOption>('/api/delivery-options/', query, { isPublic: true }),
    },

    cart: {
      /** The cart of the account, which may be empty. */
      get: (options?: CallOptions) => get<Cart>('/api/cart/', options),
      /** Adds a product to the cart. If it is already there, the quantity is added to its line. */
      add: (product_id: number, quantity = 1, options?: WriteOptions) =>
        create<Cart>('/api/cart/', { product_id, quantity }, options),
      /** Sets the quantity of a line; 0 removes the line. */
      async setQuantity(item_id: number, quantity: number, options?: CallOptions): Promise<Cart> {
        const line = `/api/cart/${item_id}/`
        if (quantity !== 0) return change<Cart>('PATCH', line, { quantity }, options)
        await remove(line, options) // a retry of the PATCH would fail, because the line is gone
        return get<Cart>('/api/cart/', options)
      },
      /** Removes a line. */
      remove: (item_id: number, options?: CallOptions) => remove(`/api/cart/${item_id}/`, options),
      /** Removes every line. */
      clear: (options?: CallOptions) => remove('/api/cart/', options),
      /** Confirms one or more `changes` of a cart that the customer has seen. Returns the cart without these changes. */
      seen: (changes: SeenChange | readonly SeenChange[], options?: CallOptions) =>
        change<Cart>('POST', '/api/cart/seen/', { changes: [changes].flat().map(withoutName) }, options),
    },

    orders: {
      /** Turns the cart into an order. With `expected_total`, fails with `total_changed` if the total differs. */
      place: (order: PlaceOrderBody = {}, options?: WriteOptions) =>
        create<Order>('/api/orders/create/', order, options),
      /** The customer's own orders, newest first. */
      list: (query?: ListOptions) => list<Order>('/api/orders/', query),
      /** One of the customer's own orders. */
      get: (id: number, options?: CallOptions) => get<Order>(`/api/orders/${id}/`, options),
      /** Cancels a pending order; fails with `order_not_cancellable` otherwise. */
      cancel: (id: number, options?: WriteOptions) =>
        create<{ detail: string; order: Order }>(`/api/orders/${id}/cancel/`, undefined, options),
      /**
       * Opens the page to pay an order, or returns the page that is already open; send the customer to its `url`. Fails
       * with `order_paid` if the order turns out to be paid. `order.payment` and `watch` say whether the order is paid.
       */
      pay: (id: number, urls: OpenPaymentPageBody = {}, options: CallOptions = {}) =>
        shop.send<PaymentPage>('POST', `/api/orders/${id}/payment/`, { ...options, body: urls }),
      /** Streams the events of the customer's own orders: an order that is placed, a change of its status or payment. */
      watch: (options: WatchOptions = {}) => watch(shop, '/api/orders/events/', options),
    },
  }
}

export type ShoppingMethods = ReturnType<typeof shoppingMethods>

/**
 * The fields that the shop reads. With the names of products, the changes of a full cart can exceed the limit of a
 * body.
 */
function withoutName(change: SeenChange) {
  const { kind, product_id } = change
  return kind === 'removed' ? { kind, product_id } : { kind, product_id, to: change.to }
}
