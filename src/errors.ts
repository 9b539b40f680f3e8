import { type FieldError, sentenceOf } from './field-errors.ts'

/**
 * Error codes of the API. A code is part of the public contract: add freely, never rename.
 * `http/error-response.ts` gives each its status and title.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'wrong_password'
  | 'invalid_import'
  | 'signature_invalid'
  | 'cart_empty'
  | 'token_missing'
  | 'token_invalid'
  | 'token_revoked'
  | 'invalid_credentials'
  | 'not_staff'
  | 'origin_not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'email_taken'
  | 'account_is_staff'
  | 'order_not_delivered'
  | 'category_exists'
  | 'category_not_empty'
  | 'sku_exists'
  | 'insufficient_stock'
  | 'stock_too_large'
  | 'quantity_too_large'
  | 'cart_full'
  | 'too_many_pictures'
  | 'total_too_large'
  | 'total_too_small'
  | 'total_changed'
  | 'too_many_open_orders'
  | 'delivery_unavailable'
  | 'too_many_delivery_options'
  | 'too_many_webhooks'
  | 'order_not_cancellable'
  | 'invalid_transition'
  | 'payment_due'
  | 'payment_open'
  | 'order_paid'
  | 'order_cancelled'
  | 'nothing_to_pay'
  | 'refund_too_large'
  | 'return_too_large'
  | 'payment_disputed'
  | 'precondition_failed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'idempotency_key_reused'
  | 'upgrade_required'
  | 'too_many_requests'
  | 'internal_error'
  | 'temporarily_unavailable'
  | 'payment_unavailable'

/** Additional fields of the problem, such as the cart lines that exceed the stock. */
export type ErrorExtra = Readonly<Record<string, unknown>>

/** An error the caller can act on. Any other error is a bug and becomes a bare 500. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly extra: ErrorExtra

  constructor(code: ErrorCode, detail: string, extra: ErrorExtra = {}) {
    super(detail)
    this.name = 'AppError'
    this.code = code
    this.extra = extra
  }
}

/** Errors of the fields of a request; `""` stands for the body as a whole. */
export type FieldErrors = Readonly<Record<string, readonly FieldError[]>>

/** Invalid input. The problem has the sentences in `errors`, and their codes in the same order in `error_codes`. */
export class InvalidRequest extends AppError {
  constructor(fields: FieldErrors, code: 'invalid_request' | 'wrong_password' = 'invalid_request') {
    const errors = Object.entries(fields).map(([field, each]) => [field, each.map(sentenceOf)] as const)
    const details = errors.map(([field, sentences]) =>
      [field, sentences.join(' ')].filter(Boolean).join(': '),
    )
    super(code, details.join(' '), { errors: Object.fromEntries(errors), error_codes: fields })
  }
}
