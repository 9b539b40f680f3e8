import type {
  AuditLogEntry,
  Category,
  ChangeOrderStatusBody,
  CreateCategoryBody,
  CreateProductBody,
  IntegrityResult,
  ListOrdersAsStaffQuery,
  Order,
  OrderEvent,
  Product,
  ReplaceCategoryBody,
  ReplaceProductBody,
  StockMovement,
  UpdateCategoryBody,
  UpdateProductBody,
} from './api.ts'
import type { CallOptions, Connection } from './connection.ts'
import { newKey } from './key.ts'
import { pathOf } from './listing.ts'
import { type EditOptions, type ListOptions, requestsOf, type WriteOptions } from './requests.ts'
import type { ProductQuery } from './shopping.ts'
import { watch, type WatchOptions } from './watch.ts'

export interface OrderQuery extends ListOrdersAsStaffQuery, ListOptions {}

/** Running the shop, for staff. */
export function adminMethods(shop: Connection) {
  const { get, list, create, change, remove } = requestsOf(shop)
  return {
    products: {
      list: (query?: ProductQuery) => list<Product>('/api/admin/products/', query),
      get: (id: number, options?: CallOptions) => get<Product>(`/api/admin/products/${id}/`, options),
      create: (product: CreateProductBody, options?: WriteOptions) =>
        create<Product>('/api/admin/products/', product, options),
      replace: (id: number, product: ReplaceProductBody, options?: EditOptions) =>
        change<Product>('PUT', `/api/admin/products/${id}/`, product, options),
      update: (id: number, product: UpdateProductBody, options?: EditOptions & WriteOptions) =>
        change<Product>('PATCH', `/api/admin/products/${id}/`, product, {
          key: newKey(),
          ...options,
        }),
      delete: (id: number, options?: EditOptions) => remove(`/api/admin/products/${id}/`, options),
      /** The stock movements of a product, newest first. */
      movements: (id: number, query?: ListOptions) =>
        list<StockMovement>(`/api/admin/products/${id}/movements/`, query),
    },
    categories: {
      list: (query?: ListOptions) => list<Category>('/api/admin/categories/', query),
      get: (id: number, options?: CallOptions) => get<Category>(`/api/admin/categories/${id}/`, options),
      create: (category: CreateCategoryBody, options?: WriteOptions) =>
        create<Category>('/api/admin/categories/', category, options),
      replace: (id: number, category: ReplaceCategoryBody, options?: EditOptions) =>
        change<Category>('PUT', `/api/admin/categories/${id}/`, category, options),
      update: (id: number, category: UpdateCategoryBody, options?: EditOptions) =>
        change<Category>('PATCH', `/api/admin/categories/${id}/`, category, options),
      delete: (id: number, options?: EditOptions) => remove(`/api/admin/categories/${id}/`, options),
    },
    orders: {
      list: (query?: OrderQuery) => list<Order>('/api/admin/orders/', query),
      get: (id: number, options?: CallOptions) => get<Order>(`/api/admin/orders/${id}/`, options),
      /** Fails with `invalid_transition` if the order cannot become that. Pending takes back a Shipped of the last hour. */
      move: (id: number, status: ChangeOrderStatusBody['status'], options?: CallOptions) =>
        change<Order>('PATCH', `/api/admin/orders/${id}/`, { status }, options),
      /** The events of an order, newest first. */
      events: (id: number, query?: ListOptions) => list<OrderEvent>(`/api/admin/orders/${id}/events/`, query),
      /** Streams the events of all orders. */
      watch: (options: WatchOptions = {}) => watch(shop, '/api/admin/orders/events/', options),
    },
    /** The changes that staff have made, newest first. */
    auditLog: { list: (query?: ListOptions) => list<AuditLogEntry>('/api/admin/audit-log/', query) },
    /** Runs every integrity check over the whole shop; yields one result per request. */
    checkIntegrity: (options?: CallOptions) => checkIntegrity(options),
  }

  async function* checkIntegrity(options?: CallOptions): AsyncGenerator<IntegrityResult, void, void> {
    for (let path: string | null = '/api/admin/integrity/'; path !== null;) {
      const result: IntegrityResult = await get<IntegrityResult>(path, options)
      yield result
      path = result.next && pathOf(result.next)
    }
  }
}
