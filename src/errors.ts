/**
 * The facts a caller can be told. A code is part of the public contract: add freely, never rename.
 * `http/error-response.ts` gives each its status and title.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'wrong_password'
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
  | 'category_exists'
  | 'category_not_empty'
  | 'insufficient_stock'
  | 'stock_too_large'
  | 'quantity_too_large'
  | 'cart_full'
  | 'total_too_large'
  | 'total_changed'
  | 'order_not_cancellable'
  | 'invalid_transition'
  | 'precondition_failed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'idempotency_key_reused'
  | 'upgrade_required'
  | 'too_many_requests'
  | 'internal_error'
  | 'temporarily_unavailable'

/** Further members of the answer, such as the lines that are short. */
export type ErrorExtra = Readonly<Record<string, unknown>>

/** A failure the caller can act on. Anything else that is thrown is a bug and leaves as a bare 500. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly extra: ErrorExtra = {},
  ) {
    super(detail)
    this.name = 'AppError'
  }
}

/** Input that is refused, with a message for each field; `""` stands for the body as a whole. */
export class InvalidRequest extends AppError {
  constructor(errors: Readonly<Record<string, string[]>>) {
    const told = Object.entries(errors).map(([field, messages]) =>
      [field, messages.join(' ')].filter(Boolean).join(': '),
    )
    super('invalid_request', told.join(' '), { errors })
  }
}
