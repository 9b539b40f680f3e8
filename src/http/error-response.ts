import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppEnv } from './app-env.ts'
import { AppError, type ErrorCode, InvalidRequest } from '../errors.ts'
import { fieldError } from '../field-errors.ts'

/** Status and title of every code; a new code without them does not compile. */
export const problems: Record<ErrorCode, { status: ContentfulStatusCode; title: string }> = {
  invalid_request: { status: 400, title: 'Invalid request' },
  wrong_password: { status: 400, title: 'Wrong password' },
  invalid_import: { status: 400, title: 'Invalid import' },
  signature_invalid: { status: 400, title: 'Signature invalid' },
  cart_empty: { status: 400, title: 'Cart empty' },
  token_missing: { status: 401, title: 'Not authenticated' },
  token_invalid: { status: 401, title: 'Token invalid' },
  token_revoked: { status: 401, title: 'Token revoked' },
  invalid_credentials: { status: 401, title: 'Invalid credentials' },
  not_staff: { status: 403, title: 'Staff only' },
  origin_not_allowed: { status: 403, title: 'Origin not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'Not acceptable' },
  email_taken: { status: 409, title: 'E-mail taken' },
  account_is_staff: { status: 409, title: 'Staff account' },
  order_not_delivered: { status: 409, title: 'Order not delivered' },
  category_exists: { status: 409, title: 'Category exists' },
  category_not_empty: { status: 409, title: 'Category not empty' },
  sku_exists: { status: 409, title: 'SKU exists' },
  insufficient_stock: { status: 409, title: 'Insufficient stock' },
  stock_too_large: { status: 409, title: 'Stock too large' },
  quantity_too_large: { status: 409, title: 'Quantity too large' },
  cart_full: { status: 409, title: 'Cart full' },
  too_many_pictures: { status: 409, title: 'Too many pictures' },
  total_too_large: { status: 409, title: 'Total too large' },
  total_too_small: { status: 409, title: 'Total too small' },
  total_changed: { status: 409, title: 'Total changed' },
  too_many_open_orders: { status: 409, title: 'Too many open orders' },
  delivery_unavailable: { status: 409, title: 'Delivery unavailable' },
  too_many_delivery_options: { status: 409, title: 'Too many delivery options' },
  too_many_webhooks: { status: 409, title: 'Too many webhooks' },
  order_not_cancellable: { status: 409, title: 'Order not cancellable' },
  invalid_transition: { status: 409, title: 'Invalid transition' },
  payment_due: { status: 409, title: 'Payment due' },
  payment_open: { status: 409, title: 'Payment open' },
  order_paid: { status: 409, title: 'Order paid' },
  order_cancelled: { status: 409, title: 'Order cancelled' },
  nothing_to_pay: { status: 409, title: 'Nothing to pay' },
  refund_too_large: { status: 409, title: 'Refund too large' },
  return_too_large: { status: 409, title: 'Return too large' },
  payment_disputed: { status: 409, title: 'Payment disputed' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  body_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused' },
  upgrade_required: { status: 426, title: 'Upgrade required' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Internal error' },
  payment_unavailable: { status: 503, title: 'Payment unavailable' },
  temporarily_unavailable: { status: 503, title: 'Temporarily unavailable' },
}

/** Headers that a status must carry (RFC 9110, RFC 6750). */
const headersOf: Partial<Record<number, Record<string, string>>> = {
  401: { 'WWW-Authenticate': 'Bearer' },
  // The period of every limit; Cloudflare does not report how much of it is left.
  429: { 'Retry-After': '60' },
  426: { Upgrade: 'websocket' },
  503: { 'Retry-After': '5' },
}

/** Turns every thrown error into problem+json (RFC 9457). Works even if no middleware has run. */
export const onError: ErrorHandler<AppEnv> = (error, c) => {
  if (error instanceof AppError) return problem(c, error)
  // Hono's validator throws this for a body that is not JSON.
  if (error instanceof HTTPException && error.status === 400) {
    return problem(c, new InvalidRequest({ '': [fieldError('body_not_json')] }))
  }
  console.error(c.var.requestId, error)
  return problem(c, new AppError('internal_error', 'Something went wrong on our side.'))
}

export const onNotFound: NotFoundHandler<AppEnv> = (c) =>
  problem(c, new AppError('not_found', 'There is nothing here.'))

export function problem(
  c: Context<AppEnv>,
  { code, message, extra }: AppError,
  headers?: Record<string, string>,
): Response {
  const { status, title } = problems[code]
  return c.body(
    JSON.stringify({ type: 'about:blank', title, status, detail: message, code, ...extra }),
    status,
    {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...headersOf[status],
      ...headers,
    },
  )
}
