import type { Generated } from 'kysely'

/** Row types; must match `migrations/`. Times are milliseconds since 1970, booleans 0 or 1. */
export interface Database {
  users: UsersTable
  sessions: SessionsTable
  refusals: RefusalsTable
  counters: CountersTable
  categories: CategoriesTable
  products: ProductsTable
  product_texts: ProductTextsTable
  product_words: ProductWordsTable
  picture_files: PictureFilesTable
  product_pictures: ProductPicturesTable
  listed_pictures: { product_id: number; pictures: string }
  stock_movements: StockMovementsTable
  cart_items: CartItemsTable
  delivery_options: DeliveryOptionsTable
  deleted_products: DeletedProductsTable
  import_memory: ImportMemoryTable
  orders: OrdersTable
  order_lines: OrderLinesTable
  order_events: OrderEventsTable
  event_readers: { name: string; position: number }
  mails: MailsTable
  webhooks: WebhooksTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
  one_time_tokens: OneTimeTokensTable
  listening_streams: { name: string; at: number }
  idempotency_keys: IdempotencyKeysTable
  audit_log: AuditLogTable
  shop_identity: { id: string }
  payments: PaymentsTable
  refunds: RefundsTable
  payment_events: PaymentEventsTable
  stripe_events: { id: string; type: string; at: number }
  known_networks: { user_id: number; network: string; last_at: number }
  audit_log_retention: { deleting_before: number }
  erasures: { user_id: number }
}

interface UsersTable {
  id: Generated<number>
  email: string
  email_key: string | null
  name: string
  phone: string
  address: string | null
  password_hash: string | null
  password_version: Generated<number>
  email_confirmed_at: number | null
  is_staff: Generated<number>
  order_count: Generated<number>
  open_orders: Generated<number>
  open_units: Generated<number>
  open_cents: Generated<number>
  country: string | null
  postal_code: string | null
  city: string | null
  line1: string | null
  line2: string | null
  created_at: number
}

interface SessionsTable {
  id: Generated<number>
  user_id: number
  counter: Generated<number>
  is_staff: number
  user_agent: string
  created_at: number
  refreshed_at: number
  ends_at: number
  revoked_at: number | null
}

interface RefusalsTable {
  code: string
  detail: string
  extra: string | null
}

interface CountersTable {
  /** `stripe_events`: a time, see missed-events.ts. */
  name: 'categories' | 'products' | 'drafts' | 'orders' | 'stripe_events'
  value: number
}

interface CategoriesTable {
  id: Generated<number>
  name: string
  /** `nameKey`: no two categories have the same. */
  name_key: string
  description: string
  product_count: Generated<number>
  draft_count: Generated<number>
  version: Generated<number>
  /** `sortKeyOf` the name. */
  sort_key: string
  words: string
  words_version: number
  reindexed_up_to: Generated<number | null>
}

interface ProductsTable {
  id: Generated<number>
  name: string
  /** `sortKeyOf` the name: products of one name are allowed. */
  name_key: string
  description: string
  price_cents: number
  stock: number
  in_stock: Generated<number>
  category_id: number
  version: Generated<number>
  stock_version: Generated<number>
  created_at: number
  updated_at: number
  words_version: Generated<number>
  sku: Generated<string | null>
  sku_key: Generated<string | null>
  published: Generated<number>
  low_stock: Generated<number | null>
  tax_rate: Generated<number | null>
  /** JSON: a copy of `listed_pictures`. */
  pictures: Generated<string>
}

interface PictureFilesTable {
  sha256: string
  unused_since: number | null
  claimed_at: number | null
}

interface ProductPicturesTable {
  id: Generated<number>
  product_id: number
  position: number
  sha256: string
  extension: 'webp' | 'jpg' | 'png'
  width: number
  height: number
  /** JSON: an array of numbers, ascending. */
  widths: string
  alt: string
}

interface ProductTextsTable {
  id: number
  name: string
  description: string
  sku: Generated<string>
}

interface ProductWordsTable {
  rowid: number
  words: string
  name_words: string
  facets: string
}

export type MovementReason = 'initial' | 'order' | 'cancellation' | 'correction' | 'stock-take' | 'deletion'

interface StockMovementsTable {
  id: Generated<number>
  product_id: number
  delta: number
  stock_after: number
  reason: MovementReason
  order_id: number | null
  refund_id: number | null
  actor_id: number | null
  at: number
}

interface CartItemsTable {
  id: Generated<number>
  user_id: number
  product_id: number
  quantity: number
  seen_cents: number | null
  seen_stock: Generated<number | null>
}

interface DeliveryOptionsTable {
  id: Generated<number>
  name: string
  price_cents: number
  free_from_cents: number | null
  countries: string
  active: number
  version: Generated<number>
}

interface ImportMemoryTable {
  product_id: number
  handle: string | null
  /** `nameKey`, to find the product again. */
  name_key: string
  stock: number | null
  exported_stock: number | null
  stock_version: number | null
}

interface DeletedProductsTable {
  id: number
  name: string
  deleted_at: number
}

/** Must match orders/order-status.ts, from which the client takes its types without importing tables. */
export type OrderStatus = 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'

export interface OrdersTable {
  id: Generated<number>
  user_id: number
  email: string
  guest_email_key: string | null
  total_cents: number
  units: Generated<number>
  status: Generated<OrderStatus>
  currency: Generated<string>
  due_by: number | null
  paid_at: number | null
  paid_cents: Generated<number>
  refunded_cents: Generated<number>
  refunding_cents: Generated<number>
  lost_cents: Generated<number>
  ship_name: string
  ship_phone: string
  ship_address: string | null
  ship_country: string | null
  ship_postal_code: string | null
  ship_city: string | null
  ship_line1: string | null
  ship_line2: string | null
  delivery_name: string | null
  delivery_cents: Generated<number>
  delivery_parts: string | null
  created_at: number
  updated_at: number
}

interface OrderLinesTable {
  id: Generated<number>
  order_id: number
  product_id: number
  product_name: string
  quantity: number
  price_cents: number
  returned: Generated<number>
  tax_rate: number | null
  tax_cents: number | null
}

interface OrderEventsTable {
  id: Generated<number>
  order_id: number
  user_id: number
  from_status: OrderStatus | null
  to_status: OrderStatus
  actor_id: number | null
  at: number
  payment_change: 'paid' | 'refunded' | null
  refund_id: number | null
}

export type MailState = 'waiting' | 'parked'

interface MailsTable {
  id: Generated<number>
  event_id: number
  order_id: number
  type: string
  state: Generated<MailState>
  attempts: Generated<number>
  error: string | null
  next_at: number
  created_at: number
}

export type TokenPurpose = 'reset_password' | 'confirm_email' | 'restore_email'

interface OneTimeTokensTable {
  hash: string
  purpose: TokenPurpose
  user_id: number
  email: string
  email_key: string
  expires_at: number
  /**
   * Of a placeholder: when the mail that lets the owner of a former address undo the change is tried next. NULL once it
   * was sent or refused, and in all other rows. A placeholder has a random hash that belongs to no token; each attempt
   * inserts a row with the hash of the token that it mails.
   */
  mail_at: number | null
}

interface IdempotencyKeysTable {
  user_id: number
  route: string
  key: string
  body_hash: string
  resource_id: number | null
  status: number | null
  created_at: number
}

interface AuditLogTable {
  id: Generated<number>
  actor_id: number | null
  method: string
  path: string
  body: string | null
  at: number
}

export type PaymentState = 'opening' | 'open' | 'processing' | 'expired' | 'paid'

interface PaymentsTable {
  id: Generated<number>
  order_id: number
  amount_cents: number
  currency: string
  state: Generated<PaymentState>
  key: string
  parameters: string
  session_id: string | null
  url: string | null
  expires_at: number
  payment_intent: string | null
  received_cents: Generated<number>
  received_currency: string | null
  returned_cents: Generated<number>
  accepted: Generated<number>
  /** Stripe's status of the newest of its disputes that the shop has not won, else of the newest. */
  dispute: string | null
  check_at: number
  created_at: number
  changed_at: number
}

export type RefundState = 'requested' | 'pending' | 'succeeded' | 'failed'

interface RefundsTable {
  id: Generated<number>
  payment_id: number
  order_id: number
  amount_cents: number
  currency: string
  state: Generated<RefundState>
  reason: string | null
  failure: string | null
  actor_id: number | null
  stripe_id: string | null
  asked_at: number | null
  /** Part of the idempotency key: under the same key Stripe repeats an error for a day. */
  attempt: Generated<number>
  check_at: number
  created_at: number
  changed_at: number
}

export type PaymentEventKind =
  'paid' | 'refund_requested' | 'refunded' | 'refund_failed' | 'refund_reversed' | 'dispute'

interface PaymentEventsTable {
  id: Generated<number>
  order_id: number
  payment_id: number
  refund_id: number | null
  kind: PaymentEventKind
  amount_cents: number
  currency: string
  stripe_id: string | null
  note: string | null
  actor_id: number | null
  at: number
}

interface WebhooksTable {
  id: Generated<number>
  url: string
  types: string
  active: Generated<number>
  gone: Generated<number>
  secret: string
  /** The secrets before `secret` that sign until this time, newest first, separated by spaces. */
  previous_secret: string | null
  previous_until: number | null
  failures: Generated<number>
  next_at: Generated<number>
  created_at: number
}

export type DeliveryState = 'waiting' | 'asked' | 'delivered' | 'parked'

interface WebhookDeliveriesTable {
  id: Generated<number>
  webhook_id: number
  message_id: string
  type: string
  order_id: number | null
  body: string
  state: DeliveryState
  retry_until: number
  created_at: number
}

interface WebhookAttemptsTable {
  id: Generated<number>
  delivery_id: number
  at: number
  status: number | null
  error: string | null
  milliseconds: number
  answer: string
}
