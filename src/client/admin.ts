import type {
  AdminProduct,
  AuditLogEntry,
  Category,
  ChangeOrderStatusBody,
  CreateCategoryBody,
  CreateDeliveryOptionBody,
  CreateProductBody,
  DeliveryOption,
  ExportOrdersQuery,
  ImportProductsQuery,
  ImportResult,
  CreateWebhookBody,
  IntegrityResult,
  ListUnsentMailsQuery,
  ListWebhookDeliveriesQuery,
  ListOrdersAsStaffQuery,
  Order,
  OrderEvent,
  PaymentLedgerEntry,
  Refund,
  RefundOrderBody,
  ReplaceCategoryBody,
  ReplaceDeliveryOptionBody,
  ReplaceProductBody,
  StockMovement,
  UnsentMail,
  UpdateCategoryBody,
  UpdateDeliveryOptionBody,
  UpdatePictureBody,
  UpdateProductBody,
  UpdateWebhookBody,
  Webhook,
  WebhookDelivery,
  WebhookWithSecret,
} from './api.ts'
import type { CallOptions, Connection } from './connection.ts'
import { newKey } from './key.ts'
import { pathOf } from './listing.ts'
import { type EditOptions, type ListOptions, requestsOf, searchOf, type WriteOptions } from './requests.ts'
import type { ProductQuery } from './shopping.ts'
import { watch, type WatchOptions } from './watch.ts'

export interface OrderQuery extends ListOrdersAsStaffQuery, ListOptions {}

export interface AdminProductQuery extends ProductQuery {
  /** False lists only drafts, true only products on sale; by default both are listed. */
  published?: boolean | 'true' | 'false' | undefined
  /** Only products with low stock, those with the least first. */
  low_stock?: true | 'true' | undefined
}

const DELIVERY = '/api/admin/delivery-options/'

export interface ImportOptions extends Omit<ImportProductsQuery, 'from' | 'dry_run'>, CallOptions {
  /** Changes nothing: the result says what would change. */
  dry_run?: boolean
}

const keyed = (options: EditOptions & WriteOptions = {}) => ({ ...options, key: options.key ?? newKey() })

/** Running the shop, for staff. */
export function adminMethods(shop: Connection) {
  const { get, list, create, change, postWithoutRetry, remove } = requestsOf(shop)
  return {
    products: {
      /** The products and drafts that match every filter, exactly as they are now. */
      list: (query?: AdminProductQuery) => list<AdminProduct>('/api/admin/products/', query),
      /** One product or draft, exactly as it is now. */
      get: (id: number, options?: CallOptions) => get<AdminProduct>(`/api/admin/products/${id}/`, options),
      /** Puts a product on sale, or keeps it as a draft; fails with `sku_exists` if another product has the SKU. */
      create: (product: CreateProductBody, options?: WriteOptions) =>
        create<AdminProduct>('/api/admin/products/', product, options),
      /** Sets every field; `stock` is what was counted. */
      replace: (id: number, product: ReplaceProductBody, options?: EditOptions & WriteOptions) =>
        change<AdminProduct>('PUT', `/api/admin/products/${id}/`, product, keyed(options)),
      /** Sets the given fields; `stock_delta` adds to the stock instead of setting it. */
      update: (id: number, product: UpdateProductBody, options?: EditOptions & WriteOptions) =>
        change<AdminProduct>('PATCH', `/api/admin/products/${id}/`, product, keyed(options)),
      /** Removes a product from every list and cart. Orders keep its name and price. */
      delete: (id: number, options?: EditOptions) => remove(`/api/admin/products/${id}/`, options),
      /** Adds a JPEG, PNG or WebP, such as a `File` of an input, as the last picture of a product. */
      addPicture: (id: number, file: Blob, options?: EditOptions & WriteOptions) =>
        create<AdminProduct>(`/api/admin/products/${id}/pictures/`, file, options),
      /** Sets the alternative text of a picture, or moves it to another place, counted from 1. */
      updatePicture: (id: number, picture_id: number, picture: UpdatePictureBody, options?: EditOptions) =>
        change<AdminProduct>('PATCH', `/api/admin/products/${id}/pictures/${picture_id}/`, picture, options),
      /** Removes a picture from a product. */
      removePicture: (id: number, picture_id: number, options?: EditOptions) =>
        remove(`/api/admin/products/${id}/pictures/${picture_id}/`, options),
      /** The stock movements of a product, newest first. */
      movements: (id: number, query?: ListOptions) =>
        list<StockMovement>(`/api/admin/products/${id}/movements/`, query),
      /** Imports a CSV file in pieces, and yields the result of each. If it breaks off, import the file again. */
      import: (csv: Blob | string, options?: ImportOptions) => importProducts(csv, options),
      /** All products as a CSV file, which an import understands. */
      export: (options?: CallOptions) => get<Blob>('/api/admin/products/export/', options),
    },
    categories: {
      /** The categories by name, exactly as they are now. */
      list: (query?: ListOptions) => list<Category>('/api/admin/categories/', query),
      /** One category, exactly as it is now. */
      get: (id: number, options?: CallOptions) => get<Category>(`/api/admin/categories/${id}/`, options),
      /** Adds a category; fails with `category_exists` if the name is taken. */
      create: (category: CreateCategoryBody, options?: WriteOptions) =>
        create<Category>('/api/admin/categories/', category, options),
      /** Sets name and description. */
      replace: (id: number, category: ReplaceCategoryBody, options?: EditOptions) =>
        change<Category>('PUT', `/api/admin/categories/${id}/`, category, options),
      /** Sets the given fields and keeps the others. */
      update: (id: number, category: UpdateCategoryBody, options?: EditOptions) =>
        change<Category>('PATCH', `/api/admin/categories/${id}/`, category, options),
      /** Removes a category; fails with `category_not_empty` while it has products. */
      delete: (id: number, options?: EditOptions) => remove(`/api/admin/categories/${id}/`, options),
    },
    deliveryOptions: {
      /** All options by price, exactly as they are now. */
      list: (query?: ListOptions) => list<DeliveryOption>(DELIVERY, query),
      /** One option, exactly as it is now. */
      get: (id: number, options?: CallOptions) => get<DeliveryOption>(`${DELIVERY}${id}/`, options),
      /** Adds an option. As soon as an option is active, placing an order requires `delivery_option`. */
      create: (option: CreateDeliveryOptionBody, options?: WriteOptions) =>
        create<DeliveryOption>(DELIVERY, option, options),
      /** Sets every field. */
      replace: (id: number, option: ReplaceDeliveryOptionBody, options?: EditOptions) =>
        change<DeliveryOption>('PUT', `${DELIVERY}${id}/`, option, options),
      /** Sets the given fields and keeps the others. */
      update: (id: number, option: UpdateDeliveryOptionBody, options?: EditOptions) =>
        change<DeliveryOption>('PATCH', `${DELIVERY}${id}/`, option, options),
      /** Removes an option. Orders keep its name and price. */
      delete: (id: number, options?: EditOptions) => remove(`${DELIVERY}${id}/`, options),
    },
    orders: {
      /** The orders of every account, newest first. */
      list: (query?: OrderQuery) => list<Order>('/api/admin/orders/', query),
      /** An order of any account. */
      get: (id: number, options?: CallOptions) => get<Order>(`/api/admin/orders/${id}/`, options),
      /**
       * Moves an order to another status; fails with `invalid_transition` if the order cannot change to it. `Pending`
       * takes back `Shipped` within an hour.
       */
      move: (id: number, status: ChangeOrderStatusBody['status'], options?: CallOptions) =>
        change<Order>('PATCH', `/api/admin/orders/${id}/`, { status }, options),
      /** Refunds `amount`, by default all that is left of a payment, and restocks the units in `restock`. */
      refund: (id: number, refund: RefundOrderBody = {}, options?: WriteOptions) =>
        create<Refund>(`/api/admin/orders/${id}/refunds/`, refund, options),
      /** The ledger of an order's money, newest first. */
      payments: (id: number, query?: ListOptions) =>
        list<PaymentLedgerEntry>(`/api/admin/orders/${id}/payments/`, query),
      /** The events of an order, newest first. */
      events: (id: number, query?: ListOptions) => list<OrderEvent>(`/api/admin/orders/${id}/events/`, query),
      /** The orders of a period as a CSV file, oldest first. */
      export: ({ signal, ...query }: ExportOrdersQuery & CallOptions = {}) =>
        get<Blob>(`/api/admin/orders/export/${searchOf(query)}`, { signal }),
      /** Streams the events of all orders. */
      watch: (options: WatchOptions = {}) => watch(shop, '/api/admin/orders/events/', options),
    },
    mail: {
      /** The mails that have not been sent, newest first. */
      list: (query?: ListUnsentMailsQuery & ListOptions) => list<UnsentMail>('/api/admin/mail/', query),
      /** Lets the shop try a mail again now. */
      sendAgain: (id: number, options?: CallOptions) =>
        change<UnsentMail>('POST', `/api/admin/mail/${id}/send-again/`, undefined, options),
    },
    webhooks: {
      /** The endpoints of the shop's other systems. */
      list: (query?: ListOptions) => list<Webhook>('/api/admin/webhooks/', query),
      /** One endpoint. */
      get: (id: number, options?: CallOptions) => get<Webhook>(`/api/admin/webhooks/${id}/`, options),
      /**
       * Creates an endpoint; only this response has its secret. The call is not retried, because a repeat creates another
       * endpoint.
       */
      create: (webhook: CreateWebhookBody, options?: CallOptions) =>
        postWithoutRetry<WebhookWithSecret>('/api/admin/webhooks/', webhook, options),
      /** Sets the given fields; `active` pauses and resumes. */
      update: (id: number, webhook: UpdateWebhookBody, options?: CallOptions) =>
        change<Webhook>('PATCH', `/api/admin/webhooks/${id}/`, webhook, options),
      /** Deletes an endpoint with its deliveries. */
      delete: (id: number, options?: CallOptions) => remove(`/api/admin/webhooks/${id}/`, options),
      /**
       * Makes a new secret, which only this response has; for a day the previous one signs as well. The call is not
       * retried: if its response gets lost, call again.
       */
      rotateSecret: (id: number, options?: CallOptions) =>
        postWithoutRetry<WebhookWithSecret>(`/api/admin/webhooks/${id}/secret/`, undefined, options),
      /** Sends a test message. The call is not retried. */
      test: (id: number, options?: CallOptions) =>
        postWithoutRetry<WebhookDelivery>(`/api/admin/webhooks/${id}/test/`, undefined, options),
      /** Deliveries with their attempts, newest first. */
      deliveries: (id: number, query?: ListWebhookDeliveriesQuery & ListOptions) =>
        list<WebhookDelivery>(`/api/admin/webhooks/${id}/deliveries/`, query),
      /** Tries a delivery again: a waiting one in its turn, any other before all. The call is not retried. */
      sendAgain: (id: number, options?: CallOptions) =>
        postWithoutRetry<WebhookDelivery>(
          `/api/admin/webhooks/deliveries/${id}/send-again/`,
          undefined,
          options,
        ),
    },
    auditLog: {
      /** The changes that staff have made, newest first. */
      list: (query?: ListOptions) => list<AuditLogEntry>('/api/admin/audit-log/', query),
    },
    /** Runs every integrity check over the whole shop; yields one result per request. */
    checkIntegrity: (options?: CallOptions) => checkIntegrity(options),
  }

  async function* importProducts(
    csv: Blob | string,
    { signal, ...query }: ImportOptions = {},
  ): AsyncGenerator<ImportResult, void, void> {
    const body = new Blob([csv], { type: 'text/csv' })
    for (let path: string | null = `/api/admin/products/import/${searchOf(query)}`; path !== null;) {
      const result: ImportResult = await shop.send<ImportResult>('POST', path, { body, signal })
      yield result
      path = result.next && pathOf(result.next)
    }
  }

  async function* checkIntegrity(options?: CallOptions): AsyncGenerator<IntegrityResult, void, void> {
    for (let path: string | null = '/api/admin/integrity/'; path !== null;) {
      const result: IntegrityResult = await get<IntegrityResult>(path, options)
      yield result
      path = result.next && pathOf(result.next)
    }
  }
}

export type AdminMethods = ReturnType<typeof adminMethods>
