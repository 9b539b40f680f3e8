// The types of the API, from its OpenAPI document. `npm run openapi` writes this file.

/** What is wrong with a field: a stable code, and the values in its sentence as parameters. Later versions may add codes. */
export type FieldError = {
  code: 'required'
} | {
  code: 'empty'
} | {
  code: 'too_short'
  min: number
} | {
  code: 'too_long'
  max: number
} | {
  code: 'too_many'
  max: number
} | {
  code: 'wrong_type'
  expected: string
} | {
  code: 'not_single'
} | {
  code: 'control_characters'
} | {
  code: 'compatibility_characters'
} | {
  code: 'not_integer'
  min: number
  max: number
} | {
  code: 'not_amount'
  min: string
  max: string
} | {
  code: 'not_moment'
} | {
  code: 'not_one_of'
  values: string[]
} | {
  code: 'not_email'
} | {
  code: 'not_phone'
  max: number
  max_digits: number
} | {
  code: 'not_country'
} | {
  code: 'not_url'
} | {
  code: 'not_allowed_origin'
  allowed: string[]
} | {
  code: 'not_public_address'
} | {
  code: 'not_event'
} | {
  code: 'not_both'
  fields: string[]
} | {
  code: 'cannot_change'
} | {
  code: 'belongs_elsewhere'
  method: string
  path: string
} | {
  code: 'no_such_category'
} | {
  code: 'wrong_password'
} | {
  code: 'digits_only'
} | {
  code: 'like_email'
} | {
  code: 'like_name'
} | {
  code: 'too_common'
} | {
  code: 'not_unicode'
} | {
  code: 'not_valid_token'
} | {
  code: 'not_your_refresh_token'
} | {
  code: 'unknown_parameter'
  known: string[]
} | {
  code: 'not_cursor'
} | {
  code: 'page_too_far'
  rows: number
} | {
  code: 'not_etag'
} | {
  code: 'not_idempotency_key'
  max: number
} | {
  code: 'body_missing'
} | {
  code: 'body_not_utf8'
} | {
  code: 'body_not_json'
} | {
  code: 'body_not_object'
} | {
  code: 'not_picture'
} | {
  code: 'picture_type_differs'
  type: string
} | {
  code: 'picture_damaged'
} | {
  code: 'picture_animated'
} | {
  code: 'picture_has_more'
} | {
  code: 'picture_too_large'
  max_side: number
  max_megapixels: number
} | {
  code: 'too_many_rows'
  max: number
} | {
  code: 'too_many_columns'
  max: number
} | {
  code: 'no_rows'
} | {
  code: 'unknown_headers'
  headers: string[]
} | {
  code: 'no_such_header'
} | {
  code: 'misplaced_quotes'
} | {
  code: 'too_many_cells'
  max: number
} | {
  code: 'repeated_in_file'
  row: number
} | {
  code: 'ambiguous_name'
} | {
  code: 'sku_taken'
}

export interface About {
  currency: Currency
  /** Whether orders have to be paid; with `test` no money moves. Null where the shop takes no payments. */
  payments: 'test' | 'live' | null
  /** Whether the shop sends mail: about orders, to set a new password and to confirm an address. */
  mail: boolean
}

export interface AccountExport {
  exported_at: string
  profile: {
    id: number
    /** Empty for a guest. */
    email: string
    name: string
    address: string | null
    phone: string
    /** ISO 3166-1 alpha-2. */
    country: string | null
    postal_code: string | null
    city: string | null
    line1: string | null
    line2: string | null
    created_at: string
  }
  /** Active sessions, and those that ended less than a day ago. */
  sessions: {
    id: number
    created_at: string
    /** When the session was last refreshed. */
    last_used_at: string
    user_agent: string
  }[]
  /** The networks that the account logged in from, as keyed hashes. */
  known_networks: {
    hash: string
    last_used_at: string
  }[]
  cart: Cart
  /** All orders, newest first, with their events and the ledger of their money. */
  orders: {
    id: number
    /** E-mail of the customer; empty once the account has been deleted. */
    user: string
    items: {
      id: number
      /** Name of the product when the order was placed. */
      product: string
      product_id: number
      quantity: number
      /** Unit price when the order was placed. */
      price: Money
      /** Null if no rate applied. */
      tax_rate: TaxRate | null
      /** Tax contained in the price of all units. */
      tax: Money | null
    }[]
    /** The delivery as it was when the order was placed; null if the shop had no active delivery options then. */
    delivery: {
      name: string
      price: Money
    } | null
    /** The sum of the lines and the delivery. */
    total_price: Money
    currency: Currency
    /** The tax contained in the total, by rate: `net` and `tax` add up to what is sold at that rate. Empty if no rate applies. */
    taxes: Tax[]
    /** Null if the shop took no payment for this order. */
    payment: Payment | null
    status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
    ship_to: {
      name: string
      phone: string
      address: string | null
      /** ISO 3166-1 alpha-2. */
      country: string | null
      postal_code: string | null
      city: string | null
      line1: string | null
      line2: string | null
    }
    created_at: string
    updated_at: string
    events: {
      from: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' | null
      to: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
      at: string
    }[]
    payments: {
      kind: 'paid' | 'refund_requested' | 'refunded' | 'refund_failed' | 'refund_reversed' | 'dispute'
      amount: Money
      /** Why staff refunded, why a refund failed, or the status of a dispute. */
      note: string | null
      at: string
    }[]
  }[]
}

export interface AdminProduct {
  id: number
  name: string
  description: string
  /** The shop's own number for the product (SKU). */
  sku: string | null
  price: Money
  stock: number
  /** Id of the category. */
  category: number
  /** Percent of tax that the price contains; null is the rate of the shop, if it has one. */
  tax_rate: TaxRate | null
  /** In order; the first stands for the product. */
  pictures: Picture[]
  created_at: string
  updated_at: string
  /** False for a draft. */
  published: boolean
  /** The stock at which the product is listed as low. */
  low_stock: number | null
}

export interface AuditLogEntry {
  id: number
  /** E-mail of the account that sent the request, empty for a deleted account; null for a command. */
  actor: string | null
  method: string
  path: string
  /** The body without unknown fields at its top level, cut to 4096 characters. */
  body: string | null
  at: string
}

export interface Cart {
  id: number
  /** E-mail of the customer; empty for a guest. */
  user: string
  items: {
    id: number
    product: Product
    quantity: number
    total_price: Money
  }[]
  grand_total: Money
  currency: Currency
  /** The tax contained in the total, by rate: `net` and `tax` add up to what is sold at that rate. Empty if no rate applies. */
  taxes: Tax[]
  /** What has changed since the customer last saw the cart. A change stays until `POST /api/cart/seen/` confirms it. Reading the cart confirms nothing, so that a lost response or another tab loses no change. A shortage is not listed again at the same stock that was confirmed. A change also ends when the price is again the one that the customer has seen, when the stock suffices again, when the line is removed, and when the cart is emptied. Placing an order keeps changes of the kind `removed`. */
  changes: CartChange[]
  created_at: string
  message: string
}

export type CartChange = {
  /** The product is no longer for sale. */
  kind: 'removed'
  product_id: number
  /** Name of the product. */
  product: string
  /** The quantity that was in the cart. */
  from: number
  to: 0
} | {
  kind: 'price'
  product_id: number
  /** Name of the product. */
  product: string
  /** The unit price that the customer has seen. */
  from: Money
  /** The unit price now. */
  to: Money
} | {
  /** There is less in stock than the cart holds. */
  kind: 'stock'
  product_id: number
  /** Name of the product. */
  product: string
  /** The quantity in the cart. */
  from: number
  /** The stock now. */
  to: number
}

export interface Category {
  id: number
  name: string
  description: string
  /** Products in the category; for staff, drafts count as well. */
  product_count: number
}

/** ISO 4217; one for the whole shop. */
export type Currency = 'AED' | 'AUD' | 'BRL' | 'CAD' | 'CHF' | 'CNY' | 'CZK' | 'DKK' | 'EUR' | 'GBP' | 'HKD' | 'ILS' | 'INR' | 'MXN' | 'MYR' | 'NOK' | 'NZD' | 'PHP' | 'PLN' | 'RON' | 'SAR' | 'SEK' | 'SGD' | 'THB' | 'TRY' | 'USD' | 'ZAR'

export interface DeliveryOption {
  id: number
  name: string
  price: Money
  /** The value of the goods from which the delivery costs nothing; null if it always costs its price. */
  free_from: Money | null
  /** Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country. */
  countries: string[]
  /** Whether customers can choose it. */
  active: boolean
}

export interface ImportResult {
  dry_run: boolean
  format: 'kiosk' | 'shopify' | 'woocommerce'
  /** Rows of the file that are not empty, without the headers. */
  rows: number
  /** Products that the file describes. */
  products: number
  /** Products that have been imported, in this piece and in those before it. */
  done: number
  /** Where to send the same file for the next piece; null at the end. */
  next: string | null
  /** Products of this piece; in a dry run without `from`, of the whole file. */
  created: number
  updated: number
  unchanged: number
  /** The first 200 changes. Every list of this response has at most 200 entries. */
  changes: {
    row: number
    name: string
    /** Null for a new product. */
    product_id: number | null
    /** Which fields of an existing product change. */
    fields: string[]
    stock_before: number | null
    stock_after: number
  }[]
  new_categories: string[]
  skipped_count: number
  /** Rows that the import leaves out, with the reason. Only the response to the first piece lists them. */
  skipped: RowNote[]
  warning_count: number
  warnings: RowNote[]
  cell_error_count: number
  /** The errors of the file. A dry run responds with them; an import of such a file fails with `invalid_import`, which has them too. */
  cell_errors: RowNote[]
  picture_count: number
  /** Pictures that the file names by address. They are not fetched. */
  pictures: {
    row: number
    name: string
    urls: string[]
  }[]
}

export interface IntegrityResult {
  check: 'stock_is_sum_of_movements' | 'stock_is_not_negative' | 'draft_is_in_no_public_list' | 'order_total_is_sum_of_lines' | 'order_taxes_are_those_of_its_sums' | 'order_delivery_is_sum_of_parts' | 'order_status_is_last_event' | 'cart_line_has_product' | 'product_lists_its_pictures' | 'import_memory_has_product' | 'open_orders_are_those_pending' | 'order_units_are_sum_of_lines' | 'order_money_is_sum_of_ledger' | 'refunding_is_sum_of_refunds' | 'payment_is_in_ledger' | 'returned_money_is_sum_of_refunds' | 'refund_state_is_last_entry' | 'paid_order_has_one_payment' | 'shipped_order_is_paid' | 'stock_is_held_while_payable' | 'money_without_order_goes_back' | 'unpaid_order_ends' | 'ended_session_is_removed' | 'ended_guest_is_removed' | 'expired_key_is_removed' | 'unused_network_is_removed' | 'expired_token_is_removed' | 'lost_stream_is_removed' | 'applied_stripe_event_is_removed' | 'line_of_deleted_product_is_removed' | 'name_of_deleted_product_is_removed' | 'waiting_mail_is_sent' | 'parked_mail_is_removed' | 'old_webhook_delivery_is_removed' | 'old_audit_entry_is_removed' | 'unused_picture_is_removed'
  /** Rows checked in this piece. For a check that only counts a backlog: the rows of the backlog. */
  checked: number
  violations: number
  /** Rows that should have been deleted, ended or sent by now, counted up to 1000; they are not violations. */
  backlog: number
  /** Ids of the first ten rows that violate the invariant. */
  first_ids: number[]
  /** The next piece, of this check or the one after it. */
  next: string | null
}

export interface LogInTokens {
  /** Valid for 5 minutes. Send it as Authorization: Bearer <access>. */
  access: string
  /** Valid for 1 day and for one use. Keep the newest. */
  refresh: string
  /** Only with `guest`: each product of the cart of the guest, with its quantity in the cart of the account. */
  merged?: MergedLine[]
}

export interface MergedLine {
  product_id: number
  /** The quantity in the cart of the account before the log-in. */
  from: number
  /** The quantity in the cart of the account now. */
  to: number
}

/** An exact amount with two decimal places. */
export type Money = string

export interface Order {
  id: number
  /** E-mail of the customer; empty once the account has been deleted. */
  user: string
  items: {
    id: number
    /** Name of the product when the order was placed. */
    product: string
    product_id: number
    quantity: number
    /** Unit price when the order was placed. */
    price: Money
    /** Null if no rate applied. */
    tax_rate: TaxRate | null
    /** Tax contained in the price of all units. */
    tax: Money | null
  }[]
  /** The delivery as it was when the order was placed; null if the shop had no active delivery options then. */
  delivery: {
    name: string
    price: Money
  } | null
  /** The sum of the lines and the delivery. */
  total_price: Money
  currency: Currency
  /** The tax contained in the total, by rate: `net` and `tax` add up to what is sold at that rate. Empty if no rate applies. */
  taxes: Tax[]
  /** Null if the shop took no payment for this order. */
  payment: Payment | null
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
  ship_to: {
    name: string
    phone: string
    address: string | null
    /** ISO 3166-1 alpha-2. */
    country: string | null
    postal_code: string | null
    city: string | null
    line1: string | null
    line2: string | null
  }
  created_at: string
  updated_at: string
}

export interface OrderEvent {
  id: number
  order_id: number
  from: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' | null
  to: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
  /** E-mail of the account that acted, empty for a guest or a deleted account; null for the shop itself. Of the changes of a payment only a requested refund has an actor. */
  actor: string | null
  at: string
}

export interface OrderStreamMessage {
  /** Always increasing. Send the last one as `since` to resume from there. */
  id: number
  type: 'order.created' | 'order.status_changed' | 'order.payment_changed'
  /** The status after this event. */
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
  /** The order as it is when the message is sent. */
  order: Order
  at: string
}

export interface Payment {
  status: 'due' | 'paid' | 'refunding' | 'refunded' | 'cancelled'
  amount: Money
  currency: Currency
  /** What Stripe has paid back. */
  refunded: Money
  /** After this moment the shop may cancel the order; null unless the payment is due. */
  due_by: string | null
}

export interface PaymentLedgerEntry {
  id: number
  order_id: number
  kind: 'paid' | 'refund_requested' | 'refunded' | 'refund_failed' | 'refund_reversed' | 'dispute'
  amount: Money
  /** The currency of the amount. A payment in another currency than the order's does not pay the order, and the shop refunds it. */
  currency: Currency | string
  /** The id at Stripe of the payment, the refund or the dispute. */
  stripe_id: string | null
  /** Why staff refunded, why a refund failed, or the status of a dispute. */
  note: string | null
  /** E-mail of the account that acted, empty for a deleted account; null for the shop itself. */
  actor: string | null
  at: string
}

export interface PaymentPage {
  /** The page at Stripe; send the customer there. */
  url: string
  /** Until then the page can be used. */
  expires_at: string
}

export interface Picture {
  id: number
  /** Path of the largest file, on the host of the API. */
  url: string
  /** In pixels, of the largest file. */
  width: number
  height: number
  /** What the picture shows, for those who do not see it; may be empty. */
  alt: string
  /** The same picture in all its widths, smallest first, as for `srcset`. */
  sources: {
    url: string
    width: number
  }[]
}

export interface Product {
  id: number
  name: string
  description: string
  /** The shop's own number for the product (SKU). */
  sku: string | null
  price: Money
  stock: number
  /** Id of the category. */
  category: number
  /** Percent of tax that the price contains; null is the rate of the shop, if it has one. */
  tax_rate: TaxRate | null
  /** In order; the first stands for the product. */
  pictures: Picture[]
  created_at: string
  updated_at: string
}

export interface Profile {
  id: number
  /** Empty for a guest. */
  email: string
  name: string
  address: string | null
  phone: string
  /** ISO 3166-1 alpha-2. */
  country: string | null
  postal_code: string | null
  city: string | null
  line1: string | null
  line2: string | null
}

export interface Refund {
  id: number
  order_id: number
  amount: Money
  currency: Currency
  status: 'requested' | 'pending' | 'succeeded' | 'failed'
  reason: string | null
  /** Why the refund failed, as a code of Stripe. */
  failure: string | null
  stripe_id: string | null
  created_at: string
}

export interface RowNote {
  /** The number of the row in a spreadsheet program: the headers are row 1. */
  row: number
  /** The header of the column, or the name of the field that is missing; null for the row as a whole. */
  column: string | null
  /** Stable; later versions may add codes. */
  code: string
  message: string
}

export interface Session {
  id: number
  created_at: string
  /** When the session was last refreshed. */
  last_used_at: string
  user_agent: string
  /** True for the session of this request. */
  current: boolean
}

export interface StockMovement {
  id: number
  product_id: number
  delta: number
  stock_after: number
  reason: 'initial' | 'order' | 'cancellation' | 'return' | 'correction' | 'stock-take' | 'deletion'
  order_id: number | null
  /** E-mail of the account that acted, empty for a guest or a deleted account; null for a command or the shop itself. */
  actor: string | null
  at: string
}

export interface Tax {
  rate: TaxRate
  net: Money
  tax: Money
}

/** A percentage with two decimal places. */
export type TaxRate = string

export interface Tokens {
  /** Valid for 5 minutes. Send it as Authorization: Bearer <access>. */
  access: string
  /** Valid for 1 day and for one use. Keep the newest. */
  refresh: string
}

export interface UnsentMail {
  id: number
  order_id: number
  type: 'placed' | 'paid' | 'shipped' | 'cancelled' | 'refunded'
  /** The address that the order was placed with. */
  email: string
  /** `parked`: the provider refused the mail for good, or its attempts failed for three days; it is tried again only if staff ask for it. */
  state: 'waiting' | 'parked'
  attempts: number
  /** What the provider said to the last attempt. */
  error: string | null
  /** When the mail is tried next; null while it is parked. */
  next_at: string | null
  created_at: string
}

export interface Webhook {
  id: number
  url: string
  types: ('order.placed' | 'order.paid' | 'order.shipped' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'product.low_stock')[]
  active: boolean
  /** The receiver answered 410, which made the endpoint inactive. */
  gone: boolean
  /** Failed attempts in a row. An edit of the endpoint sets the number to 0. The attempt that staff ask for of a test message, or of a delivered or parked one, does not count. */
  failures: number
  /** The time of the next attempt after one that failed. Null if none has failed, if no message has to wait, or if the endpoint is inactive. */
  next_at: string | null
  /** Waiting deliveries, counted up to 1000. */
  waiting: number
  /** Parked deliveries, which the shop has given up, counted up to 1000. */
  parked: number
  created_at: string
}

export interface WebhookDelivery {
  id: number
  webhook_id: number
  /** The header `webhook-id`, the same in every attempt. */
  message_id: string
  type: 'order.placed' | 'order.paid' | 'order.shipped' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'product.low_stock' | 'webhook.test'
  order_id: number | null
  /** `asked`: staff asked for the delivery, and it is tried once. `parked`: the shop has given up the delivery, until staff ask for it. */
  state: 'waiting' | 'asked' | 'delivered' | 'parked'
  created_at: string
  /** The latest ten, newest first. */
  attempts: {
    at: string
    /** Null if the receiver did not answer. */
    status: number | null
    /** Null if the receiver accepted the message. */
    error: string | null
    milliseconds: number
    /** The first 1024 bytes of the answer. */
    answer: string
  }[]
}

export interface WebhookWithSecret {
  id: number
  url: string
  types: ('order.placed' | 'order.paid' | 'order.shipped' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'product.low_stock')[]
  active: boolean
  /** The receiver answered 410, which made the endpoint inactive. */
  gone: boolean
  /** Failed attempts in a row. An edit of the endpoint sets the number to 0. The attempt that staff ask for of a test message, or of a delivered or parked one, does not count. */
  failures: number
  /** The time of the next attempt after one that failed. Null if none has failed, if no message has to wait, or if the endpoint is inactive. */
  next_at: string | null
  /** Waiting deliveries, counted up to 1000. */
  waiting: number
  /** Parked deliveries, which the shop has given up, counted up to 1000. */
  parked: number
  created_at: string
  /** Verifies the signatures. The secret is shown in this response only. */
  secret: string
}

export type ErrorCode = 'invalid_request' | 'wrong_password' | 'invalid_import' | 'signature_invalid' | 'cart_empty' | 'token_missing' | 'token_invalid' | 'token_revoked' | 'invalid_credentials' | 'not_staff' | 'origin_not_allowed' | 'not_found' | 'method_not_allowed' | 'not_acceptable' | 'email_taken' | 'account_is_staff' | 'order_not_delivered' | 'category_exists' | 'category_not_empty' | 'sku_exists' | 'insufficient_stock' | 'stock_too_large' | 'quantity_too_large' | 'cart_full' | 'too_many_pictures' | 'total_too_large' | 'total_too_small' | 'total_changed' | 'too_many_open_orders' | 'delivery_unavailable' | 'too_many_delivery_options' | 'too_many_webhooks' | 'order_not_cancellable' | 'invalid_transition' | 'payment_due' | 'payment_open' | 'order_paid' | 'order_cancelled' | 'nothing_to_pay' | 'refund_too_large' | 'return_too_large' | 'payment_disputed' | 'precondition_failed' | 'body_too_large' | 'unsupported_media_type' | 'idempotency_key_reused' | 'upgrade_required' | 'too_many_requests' | 'internal_error' | 'payment_unavailable' | 'temporarily_unavailable'

export interface WatchOrdersQuery {
  /** The events after this id are sent first. By default, and with `now`, only new events are sent; with `now` a first message has the id to resume from. */
  since?: 'now' | number | string | undefined
}

export interface WatchOrdersAsStaffQuery {
  /** The events after this id are sent first. By default, and with `now`, only new events are sent; with `now` a first message has the id to resume from. */
  since?: 'now' | number | string | undefined
}

export interface ExportOrdersQuery {
  /** Placed at or after this time. */
  created_after?: string | undefined
  /** Placed before this time. */
  created_before?: string | undefined
}

export interface ImportProductsQuery {
  /** `true` changes nothing: the response says what the import would change. */
  dry_run?: 'true' | 'false' | undefined
  /** Where the piece begins; taken from `next`. */
  from?: number | string | undefined
  /** What a column of the file is, as `name:header`, for headers in another language: `price:Preis`, or `regular price:Tarif régulier` of a WooCommerce export. Repeat it for each column. */
  column?: string | string[] | undefined
}

export interface DeleteAccountBody {
  /** The current password. Guests have none and leave it out. */
  password?: string | undefined
}

export interface ReplaceProfileBody {
  name: string
  /** A phone number in any usual spelling, of at most 40 characters and 20 digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones. */
  phone: string
  address?: string | null | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | null | undefined
  postal_code?: string | null | undefined
  city?: string | null | undefined
  line1?: string | null | undefined
  line2?: string | null | undefined
}

export interface UpdateProfileBody {
  name?: string | undefined
  /** A phone number in any usual spelling, of at most 40 characters and 20 digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones. */
  phone?: string | undefined
  address?: string | null | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | null | undefined
  postal_code?: string | null | undefined
  city?: string | null | undefined
  line1?: string | null | undefined
  line2?: string | null | undefined
}

export interface RegisterBody {
  email: string
  password: string
  name: string
  /** A phone number in any usual spelling, of at most 40 characters and 20 digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones. */
  phone: string
  address?: string | null | undefined
  /** ISO 3166-1 alpha-2. */
  country?: string | null | undefined
  postal_code?: string | null | undefined
  city?: string | null | undefined
  line1?: string | null | undefined
  line2?: string | null | undefined
}

export interface LogOutBody {
  refresh: string
}

export interface ChangePasswordBody {
  current_password: string
  new_password: string
}

export interface RequestPasswordResetBody {
  email: string
}

export interface ResetPasswordBody {
  token: string
  new_password: string
}

export interface ChangeEmailBody {
  email: string
  password: string
}

export interface ConfirmEmailBody {
  token: string
}

export interface RestoreEmailBody {
  token: string
}

export interface LogInBody {
  email: string
  password: string
  /** The refresh token of a guest, whose cart the account takes. A token that is not valid changes nothing. */
  guest?: string | undefined
}

export interface RefreshTokensBody {
  refresh: string
}

export interface VerifyTokenBody {
  token: string
}

export interface ListProductsQuery {
  /** Name of a category; repeat the parameter to match any of up to 10. */
  category?: string | string[] | undefined
  min_price?: number | string | undefined
  max_price?: number | string | undefined
  in_stock?: 'true' | 'false' | undefined
  /** Words that the name, the SKU, the description or the name of the category must contain. Case, accents, plurals, and spaces or hyphens inside a word do not matter. */
  search?: string | undefined
  /** By default a search is sorted by relevance, another list with a price bound by `price`, and any other by `id`. With a price bound, an order that is not by price sorts only the 1 001 cheapest, and has the first 1 000 of these. */
  ordering?: 'id' | 'price' | '-price' | 'name' | '-name' | 'created_at' | '-created_at' | undefined
}

export interface ListDeliveryOptionsQuery {
  /** Only options that serve this country. */
  country?: string | undefined
}

export interface AddToCartBody {
  product_id: number | string
  quantity?: number | string | undefined
}

export interface ConfirmCartChangesBody {
  /** Changes as they are in `changes` of the cart. Their other fields are ignored. */
  changes: ({
    kind: 'removed'
    product_id: number | string
  } | {
    kind: 'price'
    product_id: number | string
    to: number | string
  } | {
    kind: 'stock'
    product_id: number | string
    to: number | string
  })[]
}

export interface UpdateCartItemBody {
  /** 0 removes the line. */
  quantity: number | string
}

export interface OpenPaymentPageBody {
  /** Where the customer goes after paying; its origin must be one that the shop allows. */
  success_url?: string | undefined
  /** Where a customer who leaves the page without paying goes; its origin must be one that the shop allows. */
  cancel_url?: string | undefined
}

export interface CreateOrderBody {
  /** Where to ship the order; defaults to the profile. */
  ship_to?: {
    name: string
    /** A phone number in any usual spelling, of at most 40 characters and 20 digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones. */
    phone: string
    address?: string | null | undefined
    /** ISO 3166-1 alpha-2. */
    country?: string | null | undefined
    postal_code?: string | null | undefined
    city?: string | null | undefined
    line1?: string | null | undefined
    line2?: string | null | undefined
  } | undefined
  /** Required of a guest: where the shop reaches them. An account can send only its own e-mail. */
  email?: string | undefined
  /** Id of an option of `GET /api/delivery-options/`; required if the shop has active options. */
  delivery_option?: number | string | undefined
  /** The request fails if the total, including the delivery, is different. */
  expected_total?: number | string | undefined
}

export interface PlaceOrderBody {
  /** Where to ship the order; defaults to the profile. */
  ship_to?: {
    name: string
    /** A phone number in any usual spelling, of at most 40 characters and 20 digits. It is kept without invisible characters, with plain hyphens, slashes and dots for typographic ones. */
    phone: string
    address?: string | null | undefined
    /** ISO 3166-1 alpha-2. */
    country?: string | null | undefined
    postal_code?: string | null | undefined
    city?: string | null | undefined
    line1?: string | null | undefined
    line2?: string | null | undefined
  } | undefined
  /** Required of a guest: where the shop reaches them. An account can send only its own e-mail. */
  email?: string | undefined
  /** Id of an option of `GET /api/delivery-options/`; required if the shop has active options. */
  delivery_option?: number | string | undefined
  /** The request fails if the total, including the delivery, is different. */
  expected_total?: number | string | undefined
}

export interface UpdatePictureBody {
  alt?: string | undefined
  /** Its new place among the pictures of the product, counted from 1. The others move up or down. */
  position?: number | string | undefined
}

export interface ListProductsAsStaffQuery {
  /** Name of a category; repeat the parameter to match any of up to 10. */
  category?: string | string[] | undefined
  min_price?: number | string | undefined
  max_price?: number | string | undefined
  in_stock?: 'true' | 'false' | undefined
  /** Words that the name, the SKU, the description or the name of the category must contain. Case, accents, plurals, and spaces or hyphens inside a word do not matter. */
  search?: string | undefined
  /** By default a search is sorted by relevance, another list with a price bound by `price`, and any other by `id`. With a price bound, an order that is not by price sorts only the 1 001 cheapest, and has the first 1 000 of these. */
  ordering?: 'id' | 'price' | '-price' | 'name' | '-name' | 'created_at' | '-created_at' | undefined
  /** `false` lists only drafts, `true` only what is on sale. */
  published?: 'true' | 'false' | undefined
  /** Lists the products whose stock is at most their threshold, those with the least stock first. */
  low_stock?: 'true' | undefined
}

export interface CreateProductBody {
  name: string
  description: string
  price: number | string
  stock: number | string
  category: number | string
  /** A number of the shop's own, unique regardless of case. */
  sku?: string | null | undefined
  /** False for a draft, which only staff see. */
  published?: boolean | undefined
  /** At this stock or less the product is listed as low; null if it never is. */
  low_stock?: number | string | null | undefined
  /** Percent of tax that the price contains. Null means the rate of the shop, if it has one. */
  tax_rate?: number | string | null | undefined
}

export interface ReplaceProductBody {
  name: string
  description: string
  price: number | string
  stock: number | string
  category: number | string
  /** A number of the shop's own, unique regardless of case. */
  sku?: string | null | undefined
  /** False for a draft, which only staff see. */
  published?: boolean | undefined
  /** At this stock or less the product is listed as low; null if it never is. */
  low_stock?: number | string | null | undefined
  /** Percent of tax that the price contains. Null means the rate of the shop, if it has one. */
  tax_rate?: number | string | null | undefined
}

export interface UpdateProductBody {
  name?: string | undefined
  description?: string | undefined
  price?: number | string | undefined
  stock?: number | string | undefined
  stock_delta?: number | string | undefined
  category?: number | string | undefined
  /** A number of the shop's own, unique regardless of case. */
  sku?: string | null | undefined
  /** False for a draft, which only staff see. */
  published?: boolean | undefined
  /** At this stock or less the product is listed as low; null if it never is. */
  low_stock?: number | string | null | undefined
  /** Percent of tax that the price contains. Null means the rate of the shop, if it has one. */
  tax_rate?: number | string | null | undefined
}

export interface CreateCategoryBody {
  name: string
  description?: string | undefined
}

export interface ReplaceCategoryBody {
  name: string
  description?: string | undefined
}

export interface UpdateCategoryBody {
  name?: string | undefined
  description?: string | undefined
}

export interface CreateDeliveryOptionBody {
  name: string
  price: number | string
  /** The value of the goods from which the delivery costs nothing; null if it always costs its price. */
  free_from?: number | string | null | undefined
  /** Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country. */
  countries?: string[] | undefined
  /** Whether customers can choose it. */
  active?: boolean | undefined
}

export interface ReplaceDeliveryOptionBody {
  name: string
  price: number | string
  /** The value of the goods from which the delivery costs nothing; null if it always costs its price. */
  free_from?: number | string | null | undefined
  /** Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country. */
  countries?: string[] | undefined
  /** Whether customers can choose it. */
  active?: boolean | undefined
}

export interface UpdateDeliveryOptionBody {
  name?: string | undefined
  price?: number | string | undefined
  /** The value of the goods from which the delivery costs nothing; null if it always costs its price. */
  free_from?: number | string | null | undefined
  /** Codes (ISO 3166-1 alpha-2) of the countries that the option serves; empty if it serves every country. */
  countries?: string[] | undefined
  /** Whether customers can choose it. */
  active?: boolean | undefined
}

export interface RefundOrderBody {
  /** By default all that is left of the payment that paid the order or, if that is nothing, of the oldest other payment. */
  amount?: number | string | undefined
  /** Shown in the ledger. */
  reason?: string | undefined
  /** Units that came back and are sold again. */
  restock?: {
    item_id: number | string
    quantity: number | string
  }[] | undefined
}

export interface ListOrdersAsStaffQuery {
  status?: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled' | undefined
  /** Only orders whose payment has this status. */
  payment?: 'due' | 'paid' | 'refunding' | 'refunded' | 'cancelled' | undefined
  /** Only orders of the customer with this id. */
  user?: number | string | undefined
  /** Only orders of the customer, or of guests, with this e-mail. */
  email?: string | undefined
  /** Placed at or after this time. */
  created_after?: string | undefined
  /** Placed before this time. */
  created_before?: string | undefined
  /** Newest first by default. */
  ordering?: 'created_at' | '-created_at' | undefined
}

export interface ChangeOrderStatusBody {
  status: 'Pending' | 'Shipped' | 'Delivered' | 'Cancelled'
}

export interface ListUnsentMailsQuery {
  /** Only mails in this state. */
  state?: 'waiting' | 'parked' | undefined
}

export interface CreateWebhookBody {
  /** An https address of a public host, on port 443, and not of the shop itself. */
  url: string
  /** The types of the messages that the endpoint gets. */
  types: ('order.placed' | 'order.paid' | 'order.shipped' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'product.low_stock')[]
  /** False pauses the endpoint. When it is active again, it goes on where it stopped. */
  active?: boolean | undefined
}

export interface UpdateWebhookBody {
  /** An https address of a public host, on port 443, and not of the shop itself. */
  url?: string | undefined
  /** The types of the messages that the endpoint gets. */
  types?: ('order.placed' | 'order.paid' | 'order.shipped' | 'order.delivered' | 'order.cancelled' | 'order.refunded' | 'product.low_stock')[] | undefined
  /** False pauses the endpoint. When it is active again, it goes on where it stopped. */
  active?: boolean | undefined
}

export interface ListWebhookDeliveriesQuery {
  /** Only deliveries in this state. */
  state?: 'waiting' | 'asked' | 'delivered' | 'parked' | undefined
}

export interface CheckIntegrityQuery {
  /** The check to start with; `next` leads through the rest. */
  check?: 'stock_is_sum_of_movements' | 'stock_is_not_negative' | 'draft_is_in_no_public_list' | 'order_total_is_sum_of_lines' | 'order_taxes_are_those_of_its_sums' | 'order_delivery_is_sum_of_parts' | 'order_status_is_last_event' | 'cart_line_has_product' | 'product_lists_its_pictures' | 'import_memory_has_product' | 'open_orders_are_those_pending' | 'order_units_are_sum_of_lines' | 'order_money_is_sum_of_ledger' | 'refunding_is_sum_of_refunds' | 'payment_is_in_ledger' | 'returned_money_is_sum_of_refunds' | 'refund_state_is_last_entry' | 'paid_order_has_one_payment' | 'shipped_order_is_paid' | 'stock_is_held_while_payable' | 'money_without_order_goes_back' | 'unpaid_order_ends' | 'ended_session_is_removed' | 'ended_guest_is_removed' | 'expired_key_is_removed' | 'unused_network_is_removed' | 'expired_token_is_removed' | 'lost_stream_is_removed' | 'applied_stripe_event_is_removed' | 'line_of_deleted_product_is_removed' | 'name_of_deleted_product_is_removed' | 'waiting_mail_is_sent' | 'parked_mail_is_removed' | 'old_webhook_delivery_is_removed' | 'old_audit_entry_is_removed' | 'unused_picture_is_removed' | undefined
}
