/** The names of all checks, in their order. A file without SQL: the client takes types from here. */

export const INVARIANT_NAMES = [
  'stock_is_sum_of_movements',
  'stock_is_not_negative',
  'draft_is_in_no_public_list',
  'order_total_is_sum_of_lines',
  'order_taxes_are_those_of_its_sums',
  'order_delivery_is_sum_of_parts',
  'order_status_is_last_event',
  'cart_line_has_product',
  'product_lists_its_pictures',
  'import_memory_has_product',
  'open_orders_are_those_pending',
  'order_units_are_sum_of_lines',
  'order_money_is_sum_of_ledger',
  'refunding_is_sum_of_refunds',
  'payment_is_in_ledger',
  'returned_money_is_sum_of_refunds',
  'refund_state_is_last_entry',
  'paid_order_has_one_payment',
  'shipped_order_is_paid',
  'stock_is_held_while_payable',
  'money_without_order_goes_back',
] as const

export const BACKLOG_NAMES = [
  'unpaid_order_ends',
  'ended_session_is_removed',
  'ended_guest_is_removed',
  'expired_key_is_removed',
  'unused_network_is_removed',
  'expired_token_is_removed',
  'lost_stream_is_removed',
  'applied_stripe_event_is_removed',
  'line_of_deleted_product_is_removed',
  'name_of_deleted_product_is_removed',
  'waiting_mail_is_sent',
  'parked_mail_is_removed',
  'old_webhook_delivery_is_removed',
  'old_audit_entry_is_removed',
  'unused_picture_is_removed',
] as const

export const CHECK_NAMES = [...INVARIANT_NAMES, ...BACKLOG_NAMES] as const

export type InvariantName = (typeof INVARIANT_NAMES)[number]
export type BacklogName = (typeof BACKLOG_NAMES)[number]
export type CheckName = (typeof CHECK_NAMES)[number]
